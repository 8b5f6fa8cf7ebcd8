using Partner.Traces.Wire;

namespace Partner.Traces.Agent;

/// <summary>
/// One span of the agent's format. A value of another type than its field's is left out and counted: tracers put text
/// among numbers, say, and Datadog's Agent would refuse the whole request for it.
/// </summary>
internal static class AgentSpan
{
    /// <summary>Tags of a span; a bound of ours, far above what a tracer writes.</summary>
    public const int MaxTags = 10_000;

    /// <summary>Reads a value of any type to its end.</summary>
    /// <param name="hasHexIds">Ids are hexadecimal text.</param>
    public static (Span? Span, Fault? Fault) Read<TReader>(ref TReader reader, bool hasHexIds = false)
        where TReader : ISpanReader, allows ref struct
    {
        if (!reader.TryReadMap(out var left))
        {
            var isNull = reader.IsNull;
            reader.Skip();
            return (null, isNull ? Fault.NullSpan : Fault.NoSpan);
        }

        var span = new Span();
        while (reader.Next(ref left))
        {
            if (!ReadField(ref reader, span, hasHexIds))
            {
                reader.Skip();
                span.LeftOut++;
            }
        }

        if (CountTags(span) > MaxTags)
        {
            return (null, Fault.TooManyTags);
        }

        if (span.TraceId == 0 || span.SpanId == 0)
        {
            return (null, Fault.NoAgentIds);
        }

        span.TraceIdHigh = HexId.TryParse(span.Meta.GetValueOrDefault(Tag.TraceIdHigh), out var high)
            ? high
            : span.TraceIdHigh;
        return (span.Normalize(), null);
    }

    /// <returns>False: the field's value is of another type, and is not read.</returns>
    private static bool ReadField<TReader>(ref TReader reader, Span span, bool hasHexIds)
        where TReader : ISpanReader, allows ref struct
    {
        var (text, number, high) = ("", 0UL, 0UL);
        switch (reader.ReadKey())
        {
            case "service" when reader.TryReadText(out text):
                span.Service = text;
                return true;
            case "name" when reader.TryReadText(out text):
                span.Name = text;
                return true;
            case "resource" when reader.TryReadText(out text):
                span.Resource = text;
                return true;
            case "type" when reader.TryReadText(out text):
                span.Type = text;
                return true;
            case "trace_id" when TryReadId(ref reader, hasHexIds, out number, out high):
                span.TraceId = number;
                span.TraceIdHigh = high;
                return true;
            case "span_id" when TryReadId(ref reader, hasHexIds, out number, out _):
                span.SpanId = number;
                return true;
            case "parent_id" when TryReadId(ref reader, hasHexIds, out number, out _):
                span.ParentId = number;
                return true;
            case "start" when reader.TryReadInteger(out number):
                span.Start = (long)number;
                return true;
            case "duration" when reader.TryReadInteger(out number):
                span.Duration = (long)number;
                return true;
            case "error" when reader.TryReadInteger(out number):
                span.Error = number != 0;
                return true;
            case "meta":
                return ReadTags(ref reader, span, span.Meta, static (ref r, out value) => r.TryReadText(out value));
            case "metrics":
                return ReadTags(
                    ref reader,
                    span,
                    span.Metrics,
                    static (ref r, out value) => r.TryReadDouble(out value)
                );
            case "span_events":
                return ReadParts(span, "events", SpanParts.ReadEvents(ref reader));
            case "span_links":
                return ReadParts(span, "_dd.span_links", SpanParts.ReadLinks(ref reader));
            case "meta_struct":
                return ReadTags(
                    ref reader,
                    span,
                    span.MetaStruct,
                    static (ref r, out value) =>
                    {
                        var isRead = r.TryReadBytes(out var bytes);
                        value = bytes.ToArray();
                        return isRead;
                    }
                );
            case "service"
            or "name"
            or "resource"
            or "type"
            or "trace_id"
            or "span_id"
            or "parent_id"
            or "start"
            or "duration"
            or "error":
                return false;
            default:
                reader.Skip();
                return true;
        }
    }

    /// <returns>False: there is no map.</returns>
    private static bool ReadTags<TReader, TValue>(
        ref TReader reader,
        Span span,
        Dictionary<string, TValue> tags,
        ValueOf<TReader, TValue> read
    )
        where TReader : ISpanReader, allows ref struct
    {
        if (!reader.TryReadMap(out var left))
        {
            var isNull = reader.IsNull;
            if (isNull)
            {
                reader.Skip();
            }

            return isNull;
        }

        while (reader.Next(ref left))
        {
            var key = reader.ReadKey();
            // One too many is enough to know.
            if (CountTags(span) > MaxTags)
            {
                reader.Skip();
            }
            else if (!reader.IsNull && read(ref reader, out var value))
            {
                tags[key] = value;
            }
            else
            {
                reader.Skip();
                span.LeftOut++;
            }
        }

        return true;
    }

    private static bool TryReadId<TReader>(ref TReader reader, bool isHex, out ulong low, out ulong high)
        where TReader : ISpanReader, allows ref struct
    {
        (low, high) = (0, 0);
        if (!isHex || !reader.TryReadText(out var text))
        {
            return reader.TryReadInteger(out low);
        }

        // Text that is no id has been read all the same: it is the id 0, which none has.
        var head = text.Length > 16 ? text[..^16] : "0";
        if (
            text.Length > 32
            || !HexId.TryParse(head, out high)
            || !HexId.TryParse(text[(text.Length - Math.Min(16, text.Length))..], out low)
        )
        {
            (low, high) = (0, 0);
        }

        return true;
    }

    // A tag of the same name that came as a tag stays.
    private static bool ReadParts(Span span, string tag, (string Json, int Count)? parts)
    {
        if (parts is not { } read)
        {
            return false;
        }

        span.Parts += read.Count;
        if (read.Count > 0)
        {
            span.Meta.TryAdd(tag, read.Json);
        }

        return true;
    }

    private static int CountTags(Span span) =>
        span.Meta.Count + span.Metrics.Count + span.MetaStruct.Count + span.Parts;

    private delegate bool ValueOf<TReader, TValue>(ref TReader reader, out TValue value)
        where TReader : allows ref struct;
}
