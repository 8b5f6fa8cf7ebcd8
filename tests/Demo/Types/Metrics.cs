using static Partner.Demo.Requests;

namespace Partner.Demo.Types;

/// <summary>The three forms of series, and distributions (datadog-facts 3.2).</summary>
internal static class Metrics
{
    private const int Gauge = 3;

    public static readonly IReadOnlyList<Client> Clients =
    [
        new("series_v2", SeriesV2),
        new("series_protobuf", Protobuf),
        new("series_v1", SeriesV1),
        new("distributions", Distributions),
    ];

    private static HttpRequestMessage SeriesV2(Call call) =>
        Post(
            call.Gateway,
            "api/v2/series",
            "dd-api-key",
            call.Key,
            Gzip(
                $$"""{"series":{{Array(call.Markers.Select(name => OneLine(
            $$"""
            {"metric":"{{name}}","type":3,"points":[{"timestamp":{{call.Seconds}},"value":1.5}],
             "resources":[{"type":"host","name":"demo"}],"tags":["env:demo"]}
            """)))}}}"""
            ),
            "application/json",
            "gzip"
        );

    /// <summary>Field numbers of agent-payload's MetricPayload.</summary>
    private static HttpRequestMessage Protobuf(Call call)
    {
        var payload = call.Markers.SelectMany(name =>
            Proto.Message(
                1,
                Proto.Message(1, Proto.Text(1, "host"), Proto.Text(2, "demo")),
                Proto.Text(2, name),
                Proto.Text(3, "env:demo"),
                Proto.Message(4, Proto.Double(1, 1.5), Proto.Varint(2, (ulong)call.Seconds)),
                Proto.Varint(5, Gauge)
            )
        );
        return Post(
            call.Gateway,
            "api/v2/series",
            "DD-API-KEY",
            call.Key,
            Gzip([.. payload]),
            "application/x-protobuf",
            "gzip"
        );
    }

    private static HttpRequestMessage SeriesV1(Call call) =>
        Post(
            call.Gateway,
            "api/v1/series",
            "DD-API-KEY",
            call.Key,
            Deflate(
                $$"""{"series":{{Array(call.Markers.Select(name => OneLine(
            $$"""
            {"metric":"{{name}}","type":"gauge","points":[[{{call.Seconds}},1.5]],
             "host":"demo","tags":["env:demo"]}
            """)))}}}"""
            ),
            "text/json",
            "deflate"
        );

    private static HttpRequestMessage Distributions(Call call) =>
        Post(
            call.Gateway,
            "api/v1/distribution_points",
            "DD-API-KEY",
            call.Key,
            Deflate(
                $$"""{"series":{{Array(call.Markers.Select(name => OneLine(
            $$"""
            {"metric":"{{name}}","points":[[{{call.Seconds}},[1.0,2.0]]],
             "host":"demo","tags":["env:demo"]}
            """)))}}}"""
            ),
            "text/json",
            "deflate"
        );
}
