using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Partner.Sending.Series;

namespace Partner.Metrics.Otlp;

/// <summary>
/// What makes up a stream of OpenTelemetry's: resource, scope, name, unit, kind and attributes, in whatever order they
/// come (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#opentelemetry-protocol-data-model). The start is
/// part of it here: a process that begins anew, or a second one under the same name, counts from its own beginning.
/// </summary>
internal sealed class SeriesIdentity
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private byte[] _resource = [];
    private byte[] _scope = [];

    public void EnterResource(ReadOnlySpan<byte> resource) =>
        _resource = HashOf(resource, field => field == OtlpFields.Resource.Attributes);

    public void EnterScope(ReadOnlySpan<byte> scope) =>
        _scope = HashOf(
            scope,
            field => field is OtlpFields.Scope.Name or OtlpFields.Scope.Version or OtlpFields.Scope.Attributes
        );

    public SeriesKey KeyOf(string metric, string? unit, PointKind kind, ReadOnlySpan<byte> point, ulong start)
    {
        _buffer.ResetWrittenCount();
        _buffer.Write(_resource);
        _buffer.Write(_scope);
        Write(metric);
        Write(unit ?? "");
        Write((ulong)kind);
        Write(start);
        var attributes = OtlpPoint.AttributesOf(kind);
        _buffer.Write(HashOf(point, field => field == attributes));
        return new SeriesKey(BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(_buffer.WrittenSpan)));
    }

    // Each part has a length of its own before it, or always the same, so that no two identities have the same bytes.
    private static byte[] HashOf(ReadOnlySpan<byte> message, Func<int, bool> counts)
    {
        var fields = new List<byte[]>();
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            reader.Skip();
            if (counts(reader.Field))
            {
                fields.Add(SHA256.HashData(message[reader.Start..reader.Position]));
            }
        }

        fields.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return SHA256.HashData(fields.SelectMany(field => field).ToArray());
    }

    private void Write(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Write((ulong)bytes.Length);
        _buffer.Write(bytes);
    }

    private void Write(ulong number)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_buffer.GetSpan(sizeof(ulong)), number);
        _buffer.Advance(sizeof(ulong));
    }
}
