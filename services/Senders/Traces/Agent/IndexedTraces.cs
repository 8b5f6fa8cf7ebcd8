using System.Buffers;
using MessagePack;
using Partner.Traces.Wire;

namespace Partner.Traces.Agent;

/// <summary>
/// The agent's v0.5 (datadog-facts 3.6 a): <c>[["","web","GET /"],[[[1,2,...]]]]</c>, texts once and spans of twelve
/// values that name them by their numbers, written out as v0.4. A span alone, as a dead letter, says what it is only so.
/// </summary>
internal static class IndexedTraces
{
    private const int Fields = 12;
    private const int Meta = 9;
    private const int Metrics = 10;

    // A text's place in the body.
    private const int TextCost = 24;

    // The names of its fields.
    private const int SpanCost = 100;

    private static readonly string[] Names =
    [
        "service",
        "name",
        "resource",
        "trace_id",
        "span_id",
        "parent_id",
        "start",
        "duration",
        "error",
        "meta",
        "metrics",
        "type",
    ];

    /// <exception cref="EndOfStreamException">It is cut off; what is no MessagePack has the package's own exception.</exception>
    /// <exception cref="MalformedException">It is not of this form, or unfolds to more than is taken.</exception>
    public static ReadOnlyMemory<byte> ToMaps(ReadOnlyMemory<byte> body, MemoryCharge memory)
    {
        var reader = new MessagePackReader(body);
        if (!TryReadArray(ref reader, out var parts) || parts != 2 || !TryReadArray(ref reader, out var count))
        {
            throw new MalformedException("The body is not an array of texts and traces.");
        }

        var texts = ReadTexts(ref reader, count, memory);
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        if (!TryReadArray(ref reader, out var traces))
        {
            throw new MalformedException("The body is not an array of texts and traces.");
        }

        MalformedException.ThrowIfMore(traces, TracesSender.MaxRequestItems, "traces");
        writer.WriteArrayHeader(traces);
        for (var spans = 0; traces > 0; traces--)
        {
            if (!TryReadArray(ref reader, out var left))
            {
                writer.WriteRaw(reader.ReadRawValue());
                continue;
            }

            MalformedException.ThrowIfMore(spans += left, TracesSender.MaxRequestSpans, "spans");
            for (writer.WriteArrayHeader(left); left > 0; left--)
            {
                WriteSpan(ref reader, ref writer, texts, memory);
            }
        }

        writer.Flush();
        return reader.End
            ? output.WrittenMemory
            : throw new MalformedException("The MessagePack body goes on behind its end.");
    }

    private static List<ReadOnlySequence<byte>> ReadTexts(ref MessagePackReader reader, int count, MemoryCharge memory)
    {
        // The package believes no count that the body has no bytes for.
        MalformedException.ThrowIf(memory.Take((long)TextCost * count));
        List<ReadOnlySequence<byte>> texts = new(count);
        for (; count > 0; count--)
        {
            texts.Add(reader.ReadRawValue());
        }

        return texts;
    }

    // A span that is not of this form stays as it came: it is no map, and a dead letter of its own.
    private static void WriteSpan(
        ref MessagePackReader reader,
        ref MessagePackWriter writer,
        List<ReadOnlySequence<byte>> texts,
        MemoryCharge memory
    )
    {
        var span = reader;
        var raw = reader.ReadRawValue();
        var size = raw.Length;
        if (!IsSpan(span, texts, ref size))
        {
            writer.WriteRaw(raw);
            return;
        }

        MalformedException.ThrowIf(memory.Take(SpanCost + size));
        span.ReadArrayHeader();
        writer.WriteMapHeader(Fields);
        for (var field = 0; field < Fields; field++)
        {
            writer.Write(Names[field]);
            if (field is Meta or Metrics)
            {
                var left = span.ReadMapHeader();
                for (writer.WriteMapHeader(left); left > 0; left--)
                {
                    writer.WriteRaw(texts[span.ReadInt32()]);
                    writer.WriteRaw(field == Meta ? texts[span.ReadInt32()] : span.ReadRawValue());
                }
            }
            else
            {
                writer.WriteRaw(IsText(field) ? texts[span.ReadInt32()] : span.ReadRawValue());
            }
        }
    }

    /// <param name="size">Grows by the bytes of the texts that it names, each as often as it is named.</param>
    private static bool IsSpan(MessagePackReader span, List<ReadOnlySequence<byte>> texts, ref long size)
    {
        if (!TryReadArray(ref span, out var fields) || fields != Fields)
        {
            return false;
        }

        for (var field = 0; field < Fields; field++)
        {
            if (
                field is Meta or Metrics
                    ? !IsTags(ref span, texts, field == Meta, ref size)
                    : !IsValue(ref span, texts, IsText(field), ref size)
            )
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsTags(
        ref MessagePackReader span,
        List<ReadOnlySequence<byte>> texts,
        bool areTexts,
        ref long size
    )
    {
        if (span.NextMessagePackType != MessagePackType.Map)
        {
            return false;
        }

        for (var left = span.ReadMapHeader(); left > 0; left--)
        {
            if (!IsValue(ref span, texts, isText: true, ref size) || !IsValue(ref span, texts, areTexts, ref size))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsValue(
        ref MessagePackReader span,
        List<ReadOnlySequence<byte>> texts,
        bool isText,
        ref long size
    )
    {
        if (!isText)
        {
            span.SkipValue();
            return true;
        }

        if (span.NextMessagePackType != MessagePackType.Integer)
        {
            return false;
        }

        var index = MessagePackSpanReader.IsSigned(span.NextCode) ? span.ReadInt64() : (long)span.ReadUInt64();
        if (index < 0 || index >= texts.Count)
        {
            return false;
        }

        size += texts[(int)index].Length;
        return true;
    }

    private static bool IsText(int field) => field is 0 or 1 or 2 or 11;

    private static bool TryReadArray(ref MessagePackReader reader, out int count)
    {
        var isArray = reader.NextMessagePackType == MessagePackType.Array;
        count = isArray ? reader.ReadArrayHeader() : 0;
        return isArray;
    }
}
