using Partner.Sending;
using Partner.Traces.Wire;

namespace Partner.Traces.Otlp;

/// <summary>
/// Cuts an ExportTraceServiceRequest into items: a ResourceSpans each, tag included, so that items in a row are a
/// request again. Bytes stay as sent, but for a ResourceSpans that is cut into several because it is large.
/// </summary>
internal static class OtlpRequest
{
    /// <summary>
    /// Bytes of an item, its resource counted once per span: intakes other than OTLP take it with each.
    /// </summary>
    public const int MaxItemBytes = 1_000_000;

    /// <summary>What repeating resources may add to one of them.</summary>
    private const long MaxRepeated = 64_000_000;

    public static (ReadOnlyMemory<byte> Bytes, List<Item> Items) Split(ReadOnlyMemory<byte> request)
    {
        var items = new List<Item>();
        ProtoWriter? cut = null;
        var reader = new ProtoReader(request.Span);
        for (var start = 0; reader.Next(); start = reader.Position)
        {
            if (reader.Field != OtlpFields.ResourceSpans)
            {
                reader.Skip();
                continue;
            }

            var message = reader.ReadBytes();
            var item = new Item(start, reader.Position - start, 0);
            var (spans, weight) = Weigh(request.Span.Slice(item.Offset, item.Length), message);
            if (weight > MaxItemBytes && spans > 1)
            {
                cut = cut ?? Copied(request, items);
                Cut(message, cut, items);
            }
            else if (spans > 0)
            {
                items.Add(cut is null ? item : Copy(request, item, cut));
            }
        }

        return (cut?.Written ?? request, items);
    }

    // Reads all of it, so that whatever is in the outbox can be encoded for every sink.
    private static (int Spans, long Weight) Weigh(ReadOnlySpan<byte> item, ReadOnlySpan<byte> message)
    {
        var spans = 0;
        OtlpReader.Read(item, _ => spans++);
        var (head, scopes) = Part(message, OtlpFields.Resource.Scopes);
        var repeated = 0L;
        foreach (var scope in scopes)
        {
            var (scopeHead, children) = Part(message[scope], OtlpFields.Scope.Spans);
            repeated += (long)(head.Length + scopeHead.Length) * children.Count;
        }

        return repeated <= MaxRepeated
            ? (spans, message.Length + repeated)
            : throw new MalformedException(
                "A resource is too large for so many spans: send fewer at once.", StatusCodes.Status413PayloadTooLarge);
    }

    private static void Cut(ReadOnlySpan<byte> message, ProtoWriter writer, List<Item> items)
    {
        var (head, scopes) = Part(message, OtlpFields.Resource.Scopes);
        foreach (var scope in scopes)
        {
            var bytes = message[scope];
            var (scopeHead, spans) = Part(bytes, OtlpFields.Scope.Spans);
            for (var i = 0; i < spans.Count;)
            {
                var start = writer.Length;
                var resource = writer.Begin(OtlpFields.ResourceSpans);
                writer.Raw(head);
                var inner = writer.Begin(OtlpFields.Resource.Scopes);
                writer.Raw(scopeHead);
                var weight = 0L;
                do
                {
                    weight += head.Length + scopeHead.Length + bytes[spans[i]].Length;
                    writer.Bytes(OtlpFields.Scope.Spans, bytes[spans[i++]]);
                }
                while (i < spans.Count && weight + head.Length + scopeHead.Length + bytes[spans[i]].Length <= MaxItemBytes);

                writer.End(inner);
                writer.End(resource);
                items.Add(new Item(start, writer.Length - start, 0));
            }
        }
    }

    /// <summary>The fields that are not <paramref name="child"/>, and where the children are.</summary>
    private static (byte[] Head, List<Range> Children) Part(ReadOnlySpan<byte> message, int child)
    {
        var (head, children) = (new ProtoWriter(256), new List<Range>());
        var reader = new ProtoReader(message);
        for (var start = 0; reader.Next(); start = reader.Position)
        {
            if (reader.Field == child)
            {
                var length = reader.ReadBytes().Length;
                children.Add((reader.Position - length)..reader.Position);
            }
            else
            {
                reader.Skip();
                head.Raw(message[start..reader.Position]);
            }
        }

        return (head.Written.ToArray(), children);
    }

    private static ProtoWriter Copied(ReadOnlyMemory<byte> request, List<Item> items)
    {
        var writer = new ProtoWriter();
        for (var i = 0; i < items.Count; i++)
        {
            items[i] = Copy(request, items[i], writer);
        }

        return writer;
    }

    private static Item Copy(ReadOnlyMemory<byte> request, Item item, ProtoWriter writer)
    {
        var start = writer.Length;
        writer.Raw(request.Span.Slice(item.Offset, item.Length));
        return item with { Offset = start };
    }
}
