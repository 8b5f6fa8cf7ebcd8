using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Sending;
using Partner.Sending.Otlp;
using Partner.Traces.Otlp;

namespace Partner.Traces.Tests;

/// <summary>Requests in each form, and what the parser makes of them.</summary>
internal static class Requests
{
    public const string Protobuf = "application/x-protobuf";
    public const string Json = "application/json";
    public const string MessagePack = "application/msgpack";
    public const string OtlpPath = "/v1/traces";
    public const string AgentPath = "/v0.4/traces";

    private const string GoodSpan =
        """{"traceId":"0000000000000000000000000000000{0}","spanId":"000000000000000{0}","name":"n{0}"}""";

    public static ParsedBody Parse(string path, string type, byte[] body, MemoryCharge? memory = null) =>
        TracesParser.Parse(
            new IntakeBody(body, type, QueryCollection.Empty, new(path, 202, DatadogErrorShape.Texts))
            {
                Memory = memory ?? new(),
            }
        );

    public static ParsedBody ParseOtlp(string json) => Parse(OtlpPath, Json, Encoding.UTF8.GetBytes(json));

    /// <summary>As JSON would make it, in protobuf.</summary>
    public static ParsedBody ParseOtlpProtobuf(string json) =>
        Parse(OtlpPath, Protobuf, OtlpJson.ToProtobuf(Encoding.UTF8.GetBytes(json)).ToArray());

    public static ParsedBody ParseAgent(string json) => Parse(AgentPath, Json, Encoding.UTF8.GetBytes(json));

    public static ParsedBody ParseAgent(byte[] messagePack) => Parse(AgentPath, MessagePack, messagePack);

    public static List<Span> SpansOf(ParsedBody parsed)
    {
        Assert.Null(parsed.Refusal);
        return
        [
            .. parsed.Items.SelectMany(item => OtlpReader.ReadAll(parsed.Bytes.Span.Slice(item.Offset, item.Length))),
        ];
    }

    /// <summary>The only span.</summary>
    public static Span SpanOf(ParsedBody parsed) => Assert.Single(SpansOf(parsed));

    public static IEnumerable<(string Reason, string Detail)> LettersOf(ParsedBody parsed) =>
        parsed.Dead.Select(letter => (letter.Reason.Text(), letter.Detail));

    /// <summary>A request with these spans of one resource, in JSON.</summary>
    public static string Otlp(params string[] spans) =>
        $$"""{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"} }]},"scopeSpans":[{"spans":[{{string.Join(',', spans)}}]}]}]}""";

    /// <param name="number">A digit of its ids and of its name.</param>
    public static string Good(int number) =>
        GoodSpan.Replace(
            "{0}",
            number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            StringComparison.Ordinal
        );

    /// <summary>A good span with one attribute of this value, in JSON.</summary>
    public static string WithAttribute(string value) =>
        $$"""{{Good(1)[..^1]}},"attributes":[{"key":"a","value":{{value}} }]}""";

    /// <summary>MessagePack: a map with these entries, keys and values in turn.</summary>
    public static byte[] Map(params byte[][] entries) =>
        [0xDE, (byte)(entries.Length / 2 >> 8), (byte)(entries.Length / 2), .. entries.SelectMany(entry => entry)];

    /// <summary>MessagePack: an array of these.</summary>
    public static byte[] Array(params byte[][] entries) =>
        [0xDC, (byte)(entries.Length >> 8), (byte)entries.Length, .. entries.SelectMany(entry => entry)];

    /// <summary>MessagePack: a good span with more fields.</summary>
    public static byte[] AgentSpan(byte id, params byte[][] more) =>
        Map([
            Samples.Text("trace_id"),
            [id],
            Samples.Text("span_id"),
            [id],
            Samples.Text("name"),
            Samples.Text($"n{id}"),
            .. more,
        ]);

    public static byte[] Message(int field, byte[] content)
    {
        var writer = new ProtoWriter();
        writer.Bytes(field, content);
        return writer.Written.ToArray();
    }
}
