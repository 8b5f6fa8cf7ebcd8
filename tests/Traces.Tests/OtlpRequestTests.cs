using Partner.Sending;
using Partner.Sending.Otlp;
using Partner.Traces.Otlp;

namespace Partner.Traces.Tests;

public sealed class OtlpRequestTests
{
    [Fact]
    public void ALargeResourceIsCutAndNoSpanIsLost()
    {
        var request = Request(resourceBytes: 1_000, spans: 5_000, spanBytes: 300);
        var (bytes, items) = Split(request);
        Assert.True(items.Count > 5);
        Assert.All(items, item => Assert.InRange(item.Length, 1, OtlpRequest.MaxItemBytes));
        var cut = items
            .SelectMany(item => OtlpReader.ReadAll(bytes.Span.Slice(item.Offset, item.Length)))
            .Select(Samples.Describe);
        Assert.Equal(OtlpReader.ReadAll(request.Span).Select(Samples.Describe), cut);
        // Items in a row are a request.
        Assert.Equal(5_000, OtlpReader.ReadAll(bytes.Span).Count);
    }

    [Fact]
    public void SmallOnesStayAsTheyAreAndOnesWithoutSpansAreLeftOut()
    {
        byte[] request = [.. Request(10, 0, 0).Span, .. Request(10, 2, 10).Span, .. Request(10, 1, 10).Span];
        var (bytes, items) = Split(request);
        Assert.Equal(
            [2, 1],
            items.Select(item => OtlpReader.ReadAll(bytes.Span.Slice(item.Offset, item.Length)).Count)
        );
        Assert.Equal(Request(10, 2, 10).ToArray(), bytes.Slice(items[0].Offset, items[0].Length).ToArray());
        Assert.Equal(request.Length, items[^1].Offset + items[^1].Length);
    }

    [Fact]
    [Trait("fault", "F31")]
    public void AResourceThatWouldBeRepeatedTooOftenIsRefused()
    {
        var refusal = Assert.Throws<MalformedException>(() =>
            Split(Request(resourceBytes: 1_000_000, spans: 1_000, spanBytes: 1))
        );
        Assert.Equal(413, refusal.Status);
    }

    private static (ReadOnlyMemory<byte> Bytes, IReadOnlyList<Item> Items) Split(ReadOnlyMemory<byte> request)
    {
        var parsed = OtlpRequest.Parse(request, new MemoryCharge());
        Assert.Empty(parsed.Dead);
        return (parsed.Bytes, parsed.Items);
    }

    private static ReadOnlyMemory<byte> Request(int resourceBytes, int spans, int spanBytes)
    {
        var writer = new ProtoWriter();
        var message = writer.Begin(1);
        var scope = writer.Begin(2);
        for (var i = 1; i <= spans; i++)
        {
            var span = writer.Begin(2);
            writer.Bytes(1, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
            writer.Bytes(2, BitConverter.GetBytes((ulong)i));
            writer.String(5, new string('n', spanBytes));
            writer.End(span);
        }

        writer.End(scope);
        // Behind its spans, as protobuf allows.
        var resource = writer.Begin(1);
        var attribute = writer.Begin(1);
        writer.String(1, "k");
        var value = writer.Begin(2);
        writer.String(1, new string('v', resourceBytes));
        writer.End(value);
        writer.End(attribute);
        writer.End(resource);
        writer.End(message);
        return writer.Written;
    }
}
