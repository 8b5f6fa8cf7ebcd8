using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Logs.Otlp;
using Partner.Sending;
using Partner.Sending.Otlp;

namespace Partner.Logs.Tests;

/// <summary>Requests of OTLP, and what the parser makes of them.</summary>
internal static class OtlpSamples
{
    public const string Path = "/v1/logs";
    public const string Json = "application/json";
    public const string Protobuf = "application/x-protobuf";

    public static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A request with these records of one resource, in JSON.</summary>
    public static string Request(params string[] records) => Of("{}", "{}", records);

    public static string Of(string resource, string scope, params string[] records) =>
        $$"""{"resourceLogs":[{"resource":{{resource}},"scopeLogs":[{"scope":{{scope}},"logRecords":[{{string.Join(',', records)}}]}]}]}""";

    public static string Attributes(params (string Key, string Value)[] attributes) =>
        $"[{string.Join(',', attributes.Select(a => $$"""{"key":"{{a.Key}}","value":{{a.Value}}}"""))}]";

    public static string Text(string text) => $$"""{"stringValue":"{{text}}"}""";

    public static string Nano(DateTimeOffset time) =>
        ((ulong)time.ToUnixTimeMilliseconds() * 1_000_000).ToString(CultureInfo.InvariantCulture);

    /// <summary>As JSON would make it, in protobuf.</summary>
    public static byte[] ToProtobuf(string json) =>
        ProtobufJson.Read(Encoding.UTF8.GetBytes(json), LogSchema.Request, new MemoryCharge()).Message.ToArray();

    public static ParsedBody Parse(string json) => Parse(Encoding.UTF8.GetBytes(json), Json);

    public static ParsedBody Parse(byte[] body, string type) =>
        LogsParser.Parse(
            new IntakeBody(body, type, QueryCollection.Empty, new(Path, 202, DatadogErrorShape.Texts)) { Now = Now }
        );

    /// <summary>The only log, and nothing given up.</summary>
    public static System.Text.Json.Nodes.JsonObject LogOf(ParsedBody parsed)
    {
        Assert.Null(parsed.Refusal);
        Assert.Empty(parsed.Dead);
        return Assert.Single(LogsOf(parsed));
    }

    public static List<System.Text.Json.Nodes.JsonObject> LogsOf(ParsedBody parsed) =>
        [
            .. parsed.Items.Select(item =>
                System.Text.Json.Nodes.JsonNode.Parse(parsed.Bytes.Span.Slice(item.Offset, item.Length))!.AsObject()
            ),
        ];
}
