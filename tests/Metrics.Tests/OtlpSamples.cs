using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Metrics.Otlp;
using Partner.Sending;
using Partner.Sending.Otlp;
using Partner.Sending.Series;

namespace Partner.Metrics.Tests;

/// <summary>Requests of OTLP, and what the parser makes of them.</summary>
internal static class OtlpSamples
{
    public const string Path = "/v1/metrics";
    public const string Json = "application/json";
    public const string Protobuf = "application/x-protobuf";

    public static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    public static string Request(params string[] metrics) => Of("{}", metrics);

    public static string Of(string resource, params string[] metrics) =>
        $$"""{"resourceMetrics":[{"resource":{{resource}},"scopeMetrics":[{"metrics":[{{string.Join(',', metrics)}}]}]}]}""";

    public static string Gauge(string name, params string[] points) =>
        $$"""{"name":"{{name}}","gauge":{"dataPoints":[{{string.Join(',', points)}}]} }""";

    public static string Sum(string name, int temporality, bool isMonotonic, params string[] points) =>
        $$"""{"name":"{{name}}","sum":{"aggregationTemporality":{{temporality}},"isMonotonic":{{(isMonotonic ? "true" : "false")}},"dataPoints":[{{string.Join(',', points)}}]} }""";

    public static string Histogram(string kind, int temporality, params string[] points) =>
        $$"""{"name":"h","{{kind}}":{"aggregationTemporality":{{temporality}},"dataPoints":[{{string.Join(',', points)}}]} }""";

    /// <param name="fields">Beside its time.</param>
    public static string Point(string fields, DateTimeOffset? at = null) =>
        $$"""{"timeUnixNano":"{{Nano(at ?? Now)}}",{{fields}} }""";

    public static string Nano(DateTimeOffset time) =>
        ((ulong)time.ToUnixTimeMilliseconds() * 1_000_000).ToString(CultureInfo.InvariantCulture);

    /// <summary>As JSON would make it, in protobuf.</summary>
    public static byte[] ToProtobuf(string json) =>
        ProtobufJson.Read(Encoding.UTF8.GetBytes(json), MetricSchema.Request, new MemoryCharge()).Message.ToArray();

    public static ParsedBody Parse(string json) => Parse(Encoding.UTF8.GetBytes(json), Json);

    public static ParsedBody Parse(byte[] body, string type, SeriesPoints? series = null) =>
        new MetricsSender().Parse(
            new IntakeBody(body, type, QueryCollection.Empty, new(Path, 202, DatadogErrorShape.Texts))
            {
                Now = Now,
                Series = series,
            }
        );

    /// <summary>The items of all variants, each with its variant.</summary>
    public static List<string> ItemsOf(ParsedBody parsed) =>
        [
            .. parsed.Parts.SelectMany(part =>
                part.Items.Select(item =>
                    $"{part.Variant} {Encoding.UTF8.GetString(part.Bytes.Span.Slice(item.Offset, item.Length))}"
                )
            ),
        ];

    /// <summary>The values of the only distribution.</summary>
    public static double[] ValuesOf(ParsedBody parsed)
    {
        Assert.Null(parsed.Refusal);
        var item = Assert.Single(ItemsOf(parsed));
        Assert.StartsWith("distributions ", item, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(item["distributions ".Length..]);
        return [.. json.RootElement.GetProperty("points")[0][1].EnumerateArray().Select(value => value.GetDouble())];
    }
}
