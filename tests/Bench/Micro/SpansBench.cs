using System.Buffers;
using System.Diagnostics;
using MessagePack;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Sending;
using Partner.Traces.Agent;

namespace Partner.Bench.Micro;

/// <summary>What a tracer's MessagePack costs to become OTLP.</summary>
internal static class SpansBench
{
    private const int Rounds = 5;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    public static void Run()
    {
        var bytes = Request(traces: 200, spans: 10);
        var body = new IntakeBody(
            bytes,
            "application/msgpack",
            QueryCollection.Empty,
            new("/v0.4/traces", StatusCodes.Status200OK, DatadogErrorShape.Texts)
        );
        // The first round warms up.
        var best = Enumerable
            .Range(0, Rounds + 1)
            .Select(_ => Measure(bytes.Length, () => AgentTraces.FromMessagePack(body)))
            .Skip(1)
            .Max();
        Console.WriteLine($"spans      {best, 6:F0} MB/s of MessagePack become OTLP");
    }

    private static double Measure(int bytes, Func<ParsedBody> parse)
    {
        var (started, count) = (Stopwatch.GetTimestamp(), 0);
        for (; Stopwatch.GetElapsedTime(started) < Round; count++)
        {
            if (parse().Items.Count != 200)
            {
                throw new InvalidOperationException("Not every trace became an item.");
            }
        }

        return (double)bytes * count / Stopwatch.GetElapsedTime(started).TotalSeconds / 1e6;
    }

    // As dd-trace writes a web request's spans.
    private static byte[] Request(int traces, int spans)
    {
        var (random, buffer) = (new Random(1), new ArrayBufferWriter<byte>());
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(traces);
        for (var i = 0; i < traces; i++)
        {
            var trace = (ulong)random.NextInt64();
            writer.WriteArrayHeader(spans);
            for (var j = 0; j < spans; j++)
            {
                Write(ref writer, random, trace, j);
            }
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(ref MessagePackWriter writer, Random random, ulong trace, int number)
    {
        writer.WriteMapHeader(12);
        foreach (
            var (key, text) in new[]
            {
                ("type", "web"),
                ("service", "shop"),
                ("name", "express.middleware"),
                ("resource", $"GET /orders/{number}"),
            }
        )
        {
            writer.Write(key);
            writer.Write(text);
        }

        foreach (
            var (key, whole) in new (string, ulong)[]
            {
                ("trace_id", trace),
                ("span_id", (ulong)random.NextInt64()),
                ("parent_id", (ulong)number),
                ("error", 0UL),
                ("start", 1_700_000_000_000_000_000UL),
                ("duration", (ulong)random.Next()),
            }
        )
        {
            writer.Write(key);
            writer.Write(whole);
        }

        writer.Write("meta");
        writer.WriteMapHeader(8);
        for (var i = 0; i < 8; i++)
        {
            writer.Write($"http.tag_{i}");
            writer.Write($"value {random.NextInt64():x}");
        }

        writer.Write("metrics");
        writer.WriteMapHeader(3);
        for (var i = 0; i < 3; i++)
        {
            writer.Write($"_dd.measure_{i}");
            writer.Write(random.NextDouble());
        }
    }
}
