using System.Text;
using Partner.Sending;
using Partner.Traces.Otlp;

namespace Partner.Traces.Tests;

/// <summary>
/// A few KB on the wire that unfold to 15 MB of the smallest things that there are: they are counted before anything is
/// made of them, and what is made of the rest is paid for.
/// </summary>
[Trait("fault", "F31")]
[Trait("security", "46")]
public sealed class BombTests
{
    private const int Many = 1_000_000;
    private const int Megabyte = 1_000_000;

    private static readonly (string Form, string Path, string Type, byte[] Body, string Detail)[] TooMany =
    [
        (
            "spans without fields",
            Requests.AgentPath,
            Requests.MessagePack,
            [0x91, 0xDD, .. Big(Many), .. Enumerable.Repeat((byte)0x80, Many)],
            "The request has more than 100000 spans."
        ),
        (
            "null spans",
            Requests.AgentPath,
            Requests.MessagePack,
            [0x91, 0xDD, .. Big(Many), .. Enumerable.Repeat((byte)0xC0, Many)],
            "The request has more than 100000 spans."
        ),
        (
            "traces without spans",
            Requests.AgentPath,
            Requests.MessagePack,
            [0xDD, .. Big(Many), .. Enumerable.Repeat((byte)0x90, Many)],
            "The request has more than 20000 traces."
        ),
        (
            "null traces",
            Requests.AgentPath,
            Requests.MessagePack,
            [0xDD, .. Big(Many), .. Enumerable.Repeat((byte)0xC0, Many)],
            "The request has more than 20000 traces."
        ),
        (
            "spans without fields",
            Requests.AgentPath,
            Requests.Json,
            List("[[", "{}", "]]"),
            "The request has more than 100000 spans."
        ),
        (
            "traces without spans",
            Requests.AgentPath,
            Requests.Json,
            List("[", "[]", "]"),
            "The request has more than 20000 traces."
        ),
        (
            "null traces",
            Requests.AgentPath,
            Requests.Json,
            List("[", "null", "]"),
            "The request has more than 20000 traces."
        ),
        (
            "empty resources",
            Requests.OtlpPath,
            Requests.Protobuf,
            Repeat([0x0A, 0x00]),
            "The request has more than 20000 resources and scopes."
        ),
        (
            "empty scopes",
            Requests.OtlpPath,
            Requests.Protobuf,
            Requests.Message(1, Repeat([0x12, 0x00])),
            "The request has more than 20000 resources and scopes."
        ),
        (
            "empty spans",
            Requests.OtlpPath,
            Requests.Protobuf,
            Requests.Message(1, Requests.Message(2, Repeat([0x12, 0x00]))),
            "The request has more than 100000 spans."
        ),
        (
            "empty resources",
            Requests.OtlpPath,
            Requests.Json,
            List("""{"resourceSpans":[""", "{}", "]}"),
            "The request has more than 20000 resources and scopes."
        ),
        (
            "empty scopes",
            Requests.OtlpPath,
            Requests.Json,
            List("""{"resourceSpans":[{"scopeSpans":[""", "{}", "]}]}"),
            "The request has more than 20000 resources and scopes."
        ),
        (
            "empty spans",
            Requests.OtlpPath,
            Requests.Json,
            List("""{"resourceSpans":[{"scopeSpans":[{"spans":[""", "{}", "]}]}]}"),
            "The request has more than 100000 spans."
        ),
        (
            "null spans",
            Requests.OtlpPath,
            Requests.Json,
            List("""{"resourceSpans":[{"scopeSpans":[{"spans":[""", "null", "]}]}]}"),
            "The request has more than 100000 spans."
        ),
    ];

    [Fact]
    public void WhatIsTooManyIsRefusedBeforeAnythingIsMadeOfIt()
    {
        foreach (var (form, path, type, body, detail) in TooMany)
        {
            using var memory = new MemoryCharge();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var parsed = Requests.Parse(path, type, body, memory);
            var made = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal((form, type, 413, detail), (form, type, parsed.Refusal?.Status, parsed.Refusal?.Detail));
            // What OTLP in JSON is read into is paid for, and is as small as what was counted until then.
            Assert.InRange(made, 0, Megabyte);
            Assert.InRange(memory.Peak, 0, Megabyte);
        }
    }

    // A tag, an event, a value in a list take two or three bytes, and as objects a hundred times as much.
    [Fact]
    public void ASpanOfVeryManyPartsIsNotMadeOfThem()
    {
        (string Form, string Path, string Type, byte[] Body)[] spans =
        [
            (
                "tags",
                Requests.AgentPath,
                Requests.MessagePack,
                Requests.Array(
                    Requests.Array(
                        Requests.AgentSpan(1),
                        Requests.AgentSpan(2, Samples.Text("meta"), [0xDF, .. Big(500_000), .. DistinctTags()])
                    )
                )
            ),
            ("attributes", Requests.OtlpPath, Requests.Protobuf, OtlpBeside(Repeat([0x4A, 0x00]))),
            ("events", Requests.OtlpPath, Requests.Protobuf, OtlpBeside(Repeat([0x5A, 0x00]))),
            ("links", Requests.OtlpPath, Requests.Protobuf, OtlpBeside(Repeat([0x6A, 0x00]))),
            (
                "values in a list",
                Requests.OtlpPath,
                Requests.Protobuf,
                OtlpBeside(Requests.Message(9, Requests.Message(2, Requests.Message(5, Repeat([0x0A, 0x00])))))
            ),
            (
                "events",
                Requests.OtlpPath,
                Requests.Json,
                Encoding.UTF8.GetBytes(
                    Requests.Otlp(
                        Requests.Good(1),
                        Requests.Good(2)[..^1] + ",\"events\":" + Encoding.UTF8.GetString(List("[", "{}", "]}"))
                    )
                )
            ),
        ];
        foreach (var (form, path, type, body) in spans)
        {
            using var memory = new MemoryCharge();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var parsed = Requests.Parse(path, type, body, memory);
            var made = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal((form, "n1"), (form, NameOf(Requests.SpanOf(parsed))));
            Assert.Equal((form, DeadLetterReason.TooLarge), (form, Assert.Single(parsed.Dead).Reason));
            // The copies that the dead letter is, and what JSON was read into; keys beyond the bound are read and dropped.
            Assert.InRange(made, 0, (8 * body.Length) + Megabyte);
            Assert.InRange(memory.Peak, body.Length / 2, (8 * body.Length) + Megabyte);
        }
    }

    [Fact]
    public void AsManySpansAsAreTakenCostWhatIsSaidAndNoMoreAtOnce()
    {
        const int Spans = 100_000;
        var span = Requests.AgentSpan(1);
        byte[] body = [0x91, 0xDD, .. Big(Spans), .. Enumerable.Repeat(span, Spans).SelectMany(bytes => bytes)];
        using var memory = new MemoryCharge();
        var parsed = Requests.ParseAgent(body);
        Assert.Equal((null, 100), (parsed.Refusal, parsed.Items.Count));
        parsed = Requests.Parse(Requests.AgentPath, Requests.MessagePack, body, memory);
        // As objects all of them at once would be 70 MB; there are never more than an item's, and the OTLP, twice while
        // its buffer grows.
        Assert.InRange(parsed.Bytes.Length, 10 * Megabyte, 20 * Megabyte);
        Assert.InRange(memory.Peak, parsed.Bytes.Length, (4 * parsed.Bytes.Length) + (3 * Megabyte));
        Assert.Equal(
            Spans,
            parsed.Items.Sum(item => OtlpReader.ReadAll(parsed.Bytes.Span.Slice(item.Offset, item.Length)).Count)
        );
    }

    private static string NameOf(Span span) =>
        span.Name == "unnamed_operation" || span.Name == "unspecified" ? span.Resource : span.Name;

    private static byte[] OtlpBeside(byte[] fields)
    {
        var ids = new byte[]
        {
            0x0A,
            16,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            1,
            0x12,
            8,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            1,
        };
        byte[] good = [.. ids, .. Requests.Message(5, "n1"u8.ToArray())];
        return Requests.Message(
            1,
            Requests.Message(2, [.. Requests.Message(2, good), .. Requests.Message(2, [.. ids, .. fields])])
        );
    }

    private static byte[] DistinctTags() =>
        [
            .. Enumerable
                .Range(0, 500_000)
                .SelectMany(i =>
                    Samples.Text(i.ToString("x5", System.Globalization.CultureInfo.InvariantCulture)).Append((byte)0xA0)
                ),
        ];

    private static byte[] Repeat(byte[] part) => [.. Enumerable.Repeat(part, Many).SelectMany(bytes => bytes)];

    private static byte[] List(string begin, string entry, string end) =>
        Encoding.UTF8.GetBytes(begin + string.Join(',', Enumerable.Repeat(entry, Many)) + end);

    private static byte[] Big(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
