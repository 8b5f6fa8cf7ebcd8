using System.Text.Json;
using Partner.Traces.Wire;

namespace Partner.Traces.Agent;

/// <summary>
/// What tracers send to the agent (datadog-facts 3.6 a): of v0.3 and v0.4 <c>[[{"trace_id":1,"span_id":2,"service":"web",
/// "name":"request","resource":"GET /","start":1,"duration":2,"meta":{},"metrics":{}}]]</c>, as MessagePack or JSON, to
/// OTLP. The body is walked twice: first it is counted, and nothing is made; then a few spans at a time become OTLP.
/// </summary>
internal static class AgentTraces
{
    /// <summary>Spans of an item; also what is held as objects at once.</summary>
    public const int MaxItemSpans = 1_000;

    /// <summary>Bytes of an item, about, as they came.</summary>
    public const int MaxItemBytes = 500_000;

    // As objects a span takes some 700 bytes, a tag some 100, and text, in UTF-16, twice its bytes.
    private const int SpanCost = 700;
    private const int TagCost = 100;
    private const int SmallestSpan = 20;
    private const int SmallestTag = 2;

    /// <exception cref="EndOfStreamException">It is cut off; what is no MessagePack has the package's own exception.</exception>
    /// <exception cref="MalformedException">It is no array, or more than is taken.</exception>
    public static ParsedBody FromMessagePack(IntakeBody body, Envelope? envelope = null) =>
        envelope is null
            ? Convert(new MessagePackSpanReader(body.Bytes), body)
            : ConvertWithin(envelope, static bytes => new MessagePackSpanReader(bytes), body);

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is no array, or more than is taken.</exception>
    public static ParsedBody FromJson(IntakeBody body, Envelope? envelope = null) =>
        envelope is null
            ? Convert(new JsonSpanReader(body.Bytes.Span), body)
            : ConvertWithin(envelope, static bytes => new JsonSpanReader(bytes.Span), body);

    /// <param name="reader">At the body's beginning; a copy of it counts.</param>
    private static ParsedBody Convert<TReader>(TReader reader, IntakeBody body)
        where TReader : ISpanReader, allows ref struct
    {
        var (memory, dead) = (body.Memory, new DeadSpans(body.Memory, TReader.Separator));
        var objects = CostOf(body.Bytes.Length, Count(reader));
        MalformedException.ThrowIf(memory.Take(objects));
        var output = new TraceItems(new ProtoWriter(4_096, memory));
        for (var left = ReadTraces(ref reader); reader.Next(ref left); )
        {
            var start = reader.Start;
            if (reader.TryReadArray(out var spans))
            {
                ReadTrace(ref reader, spans, body.Bytes.Span, output, dead);
                continue;
            }

            var isNull = reader.IsNull;
            reader.Skip();
            dead.Add(isNull ? Fault.NullTrace : Fault.NoTrace, body.Bytes.Span[start..reader.End]);
        }

        memory.Give(objects);
        return output.Finish(dead);
    }

    // Each trace of an envelope is read where it stands, by a reader of its own.
    private static ParsedBody ConvertWithin<TReader>(Envelope envelope, Open<TReader> open, IntakeBody body)
        where TReader : ISpanReader, allows ref struct
    {
        var (memory, dead) = (body.Memory, new DeadSpans(body.Memory, TReader.Separator));
        // The tags of envelopes, as text.
        var tags = 2L * body.Bytes.Length;
        MalformedException.ThrowIf(memory.Take(tags));
        var traces = envelope.Read(open(body.Bytes));
        var (spans, largest) = (0, 0);
        foreach (var trace in traces)
        {
            var reader = open(body.Bytes[trace.Start..trace.End]);
            if (reader.TryReadArray(out var left))
            {
                CountSpans(ref reader, left, ref spans, ref largest);
            }
        }

        var objects = CostOf(body.Bytes.Length, largest);
        MalformedException.ThrowIf(memory.Take(objects));
        var output = new TraceItems(new ProtoWriter(4_096, memory));
        foreach (var trace in traces)
        {
            var bytes = body.Bytes[trace.Start..trace.End];
            var reader = open(bytes);
            if (trace.Fault is null && reader.TryReadArray(out var left))
            {
                ReadTrace(ref reader, left, bytes.Span, output, dead, trace.Tags, envelope.HasHexIds);
            }
            else
            {
                dead.Add(trace.Fault ?? (reader.IsNull ? Fault.NullTrace : Fault.NoTrace), bytes.Span);
            }
        }

        memory.Give(objects + tags);
        return output.Finish(dead);
    }

    /// <returns>Bytes of the largest span.</returns>
    private static int Count<TReader>(TReader reader)
        where TReader : ISpanReader, allows ref struct
    {
        var (traces, spans, largest) = (0, 0, 0);
        for (var left = ReadTraces(ref reader); reader.Next(ref left); )
        {
            MalformedException.ThrowIfMore(++traces, TracesSender.MaxRequestItems, "traces");
            if (!reader.TryReadArray(out var inside))
            {
                reader.Skip();
                continue;
            }

            CountSpans(ref reader, inside, ref spans, ref largest);
        }

        reader.Finish();
        return largest;
    }

    private static void CountSpans<TReader>(ref TReader reader, int left, ref int spans, ref int largest)
        where TReader : ISpanReader, allows ref struct
    {
        while (reader.Next(ref left))
        {
            MalformedException.ThrowIfMore(++spans, TracesSender.MaxRequestSpans, "spans");
            var start = reader.Start;
            reader.Skip();
            largest = Math.Max(largest, reader.End - start);
        }
    }

    // What an item's spans, and the largest that there is beside them, can take as objects; of a small body it is little.
    private static long CostOf(int body, int largest) =>
        (Math.Min(MaxItemSpans, body / SmallestSpan) * SpanCost)
        + (Math.Min(AgentSpan.MaxTags, largest / SmallestTag) * TagCost)
        + (2L * (Math.Min(MaxItemBytes, body) + largest));

    private static void ReadTrace<TReader>(
        ref TReader reader,
        int left,
        ReadOnlySpan<byte> body,
        TraceItems output,
        DeadSpans dead,
        TraceTags? tags = null,
        bool hasHexIds = false
    )
        where TReader : ISpanReader, allows ref struct
    {
        var isFirst = true;
        while (reader.Next(ref left))
        {
            var start = reader.Start;
            var (span, fault) = AgentSpan.Read(ref reader, hasHexIds);
            if (fault is null)
            {
                tags?.AddTo(span!, isFirst);
                isFirst = false;
                output.Add(span!, reader.End - start);
            }
            else
            {
                dead.Add(fault, body[start..reader.End]);
            }
        }

        output.EndTrace();
    }

    private static int ReadTraces<TReader>(ref TReader reader)
        where TReader : ISpanReader, allows ref struct =>
        reader.TryReadArray(out var left) ? left
        : reader.IsNull ? throw new MalformedException(Fault.NullTrace.Detail)
        : throw new MalformedException(Fault.NoTrace.Detail);

    private delegate TReader Open<TReader>(ReadOnlyMemory<byte> bytes)
        where TReader : ISpanReader, allows ref struct;
}
