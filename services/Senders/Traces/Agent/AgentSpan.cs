using System.Globalization;
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
    public static (Span? Span, Fault? Fault) Read<TReader>(ref TReader reader)
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
            if (!ReadField(ref reader, span))
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

        span.TraceIdHigh = ulong.TryParse(
            span.Meta.GetValueOrDefault(Tag.TraceIdHigh),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out var high
        )
            ? high
            : 0;
        return (span.Normalize(), null);
    }

    /// <returns>False: the field's value is of another type, and is not read.</returns>
    private static bool ReadField<TReader>(ref TReader reader, Span span)
        where TReader : ISpanReader, allows ref struct
    {
        var (text, number) = ("", 0UL);
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
            case "trace_id" when reader.TryReadInteger(out number):
                span.TraceId = number;
                return true;
            case "span_id" when reader.TryReadInteger(out number):
                span.SpanId = number;
                return true;
            case "parent_id" when reader.TryReadInteger(out number):
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
            case "meta_struct" when TReader.HasBytes:
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
            or "error"
            or "meta_struct":
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

    private static int CountTags(Span span) => span.Meta.Count + span.Metrics.Count + span.MetaStruct.Count;

    private delegate bool ValueOf<TReader, TValue>(ref TReader reader, out TValue value)
        where TReader : allows ref struct;
}
