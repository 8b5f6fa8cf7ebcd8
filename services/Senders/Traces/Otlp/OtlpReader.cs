using System.Buffers.Binary;

namespace Partner.Traces.Otlp;

/// <summary>
/// Reads an item, ResourceSpans in a row, as Datadog's spans; one at a time, so that nothing piles up. It never throws:
/// what <see cref="SpanCheck"/> would not let in (a dead letter is sent again, say) is read as far as it can be.
/// </summary>
internal static class OtlpReader
{
    public static void Read(ReadOnlySpan<byte> item, Action<Span> visit)
    {
        var reader = new ProtobufReader(item);
        while (reader.Next())
        {
            if (reader.Field == OtlpFields.Resources)
            {
                ReadResource(reader.ReadBytes(), visit);
            }
        }
    }

    public static List<Span> ReadAll(ReadOnlySpan<byte> item)
    {
        var spans = new List<Span>();
        Read(item, spans.Add);
        return spans;
    }

    // The resource may stand behind its spans.
    private static void ReadResource(ReadOnlySpan<byte> message, Action<Span> visit)
    {
        var resource = new Span();
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == OtlpFields.Resource.Itself)
            {
                ReadAttributes(reader.ReadBytes(), OtlpFields.Resource.Attributes, resource);
            }
        }

        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == OtlpFields.Resource.Scopes)
            {
                ReadScope(reader.ReadBytes(), resource, visit);
            }
        }
    }

    private static void ReadScope(ReadOnlySpan<byte> message, Span resource, Action<Span> visit)
    {
        var (name, version) = ("", "");
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == OtlpFields.Scope.Itself)
            {
                for (var scope = new ProtobufReader(reader.ReadBytes()); scope.Next(); )
                {
                    switch (scope.Field)
                    {
                        case OtlpFields.Scope.Name:
                            name = scope.ReadString();
                            break;
                        case OtlpFields.Scope.Version:
                            version = scope.ReadString();
                            break;
                    }
                }
            }
        }

        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == OtlpFields.Scope.Items)
            {
                visit(OtlpMapping.ToDatadog(ReadSpan(reader.ReadBytes()), resource, name, version));
            }
        }
    }

    private static OtlpSpan ReadSpan(ReadOnlySpan<byte> message)
    {
        var read = new OtlpSpan();
        var span = read.Span;
        var reader = new ProtobufReader(message);
        var (end, start) = (0UL, 0UL);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case TraceFields.Span.TraceId:
                    (span.TraceIdHigh, span.TraceId) = ReadTraceId(reader.ReadBytes());
                    break;
                case TraceFields.Span.SpanId:
                    span.SpanId = ReadId(reader.ReadBytes());
                    break;
                case TraceFields.Span.ParentSpanId:
                    span.ParentId = ReadId(reader.ReadBytes());
                    break;
                case TraceFields.Span.Name:
                    read.Name = reader.ReadString();
                    break;
                case TraceFields.Span.Kind:
                    read.Kind = (int)reader.ReadVarint();
                    break;
                case TraceFields.Span.Start:
                    start = reader.ReadFixed64();
                    break;
                case TraceFields.Span.End:
                    end = reader.ReadFixed64();
                    break;
                case TraceFields.Span.Attributes:
                    ReadAttribute(reader.ReadBytes(), span);
                    break;
                case TraceFields.Span.Events:
                    read.AddEvent(reader.ReadBytes());
                    break;
                case TraceFields.Span.Links:
                    read.AddLink(reader.ReadBytes());
                    break;
                case TraceFields.Span.Status:
                    ReadStatus(reader.ReadBytes(), read);
                    break;
            }
        }

        span.Start = (long)start;
        span.Duration = end > start ? (long)(end - start) : 0;
        return read;
    }

    private static void ReadStatus(ReadOnlySpan<byte> message, OtlpSpan read)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case TraceFields.Status.Message:
                    read.StatusMessage = reader.ReadString();
                    break;
                case TraceFields.Status.Code:
                    read.Span.Error = reader.ReadVarint() == TraceFields.Status.Error;
                    break;
            }
        }
    }

    internal static void ReadAttributes(ReadOnlySpan<byte> message, int field, Span span)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                ReadAttribute(reader.ReadBytes(), span);
            }
        }
    }

    private static void ReadAttribute(ReadOnlySpan<byte> keyValue, Span span)
    {
        var value = OtlpValue.ReadAttribute(keyValue, out var key);
        if (value.Text is { } text)
        {
            span.Meta[key] = text;
        }
        else if (value.Bytes is not { } bytes)
        {
            span.Metrics[key] = value.Number;
        }
        else if (key.StartsWith(Tag.MetaStruct, StringComparison.Ordinal))
        {
            span.MetaStruct[key[Tag.MetaStruct.Length..]] = bytes;
        }
        else
        {
            span.Meta[key] = Convert.ToBase64String(bytes);
        }
    }

    internal static (ulong High, ulong Low) ReadTraceId(ReadOnlySpan<byte> id) =>
        id.Length == 16
            ? (BinaryPrimitives.ReadUInt64BigEndian(id), BinaryPrimitives.ReadUInt64BigEndian(id[8..]))
            : (0, 0);

    internal static ulong ReadId(ReadOnlySpan<byte> id) =>
        id.Length == 8 ? BinaryPrimitives.ReadUInt64BigEndian(id) : 0;
}
