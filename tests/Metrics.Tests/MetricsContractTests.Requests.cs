using System.Net;
using Partner.Testing;

namespace Partner.Metrics.Tests;

/// <summary>The rows of the README's table, and what is sent for each.</summary>
public sealed partial class MetricsContractTests
{
    protected override (string Path, HttpStatusCode Success, string Body)[] ValidRequests =>
        [
            ("/api/v1/series", HttpStatusCode.Accepted, Series($$"""{"metric":"a","points":[[{{Now}},1]]}""")),
            (
                "/api/v2/series",
                HttpStatusCode.Accepted,
                Series($$"""{"metric":"b","points":[{"timestamp":{{Now}},"value":1}]}""")
            ),
            (
                "/api/v1/distribution_points",
                HttpStatusCode.Accepted,
                Series($$"""{"metric":"c","points":[[{{Now}},[1,2.5]]]}""")
            ),
            ("/v1/metrics", HttpStatusCode.Accepted, OtlpSamples.Request(GoodGauge)),
            (DogStatsdSamples.Path, HttpStatusCode.OK, $"g:1|g|#a:b|T{Now}\n"),
        ];

    protected override (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests =>
        [
            ("/api/v1/series", HttpStatusCode.BadRequest, "", Error("The body is empty.")),
            ("/api/v1/series", HttpStatusCode.BadRequest, "[]", Error("The body is not a JSON object.")),
            ("/api/v1/series", HttpStatusCode.BadRequest, "{}", Error("series is required.")),
            ("/api/v2/series", HttpStatusCode.BadRequest, """{"series":{}}""", Error("series is not an array.")),
            ("/api/v2/series", HttpStatusCode.BadRequest, """{"series":[1]}""", Error("series[0] is not an object.")),
            ("/api/v2/series", HttpStatusCode.BadRequest, """{"series":[""", Error("The body is not valid JSON.")),
            ("/api/v2/series", HttpStatusCode.BadRequest, """{"series":[]} {}""", Error("The body is not valid JSON.")),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"points":[[1,2]]}"""),
                Error("series[0].metric is required.")
            ),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a"}"""),
                Error("series[0].points is required.")
            ),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[[1,NaN]]}"""),
                Error("The body is not valid JSON.")
            ),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[[1,1e999]]}"""),
                Error(Points)
            ),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[[1,2,3]]}"""),
                Error(Points)
            ),
            (
                "/api/v2/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[{"timestamp":1}]}"""),
                Error(Points)
            ),
            ("/api/v2/series", HttpStatusCode.BadRequest, Series("""{"metric":"a","points":[[1,2]]}"""), Error(Points)),
            (
                "/api/v1/distribution_points",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[[1,2]]}"""),
                Error(Points)
            ),
            ("/v1/metrics", HttpStatusCode.BadRequest, "", Error("The body is not valid JSON.")),
            ("/v1/metrics", HttpStatusCode.BadRequest, "[]", Error("An OTLP request is a JSON object.")),
            (
                "/v1/metrics",
                HttpStatusCode.BadRequest,
                OtlpSamples.Request("7"),
                Error("A metric or a data point is a JSON object.")
            ),
            (
                DogStatsdSamples.Path,
                HttpStatusCode.BadRequest,
                "\na:1|x\nb",
                Error("Line 2: a metric\\u0027s type is none of c, g, h, ms, d, s.")
            ),
            (
                DogStatsdSamples.Path,
                HttpStatusCode.RequestEntityTooLarge,
                new string('\n', 100_001),
                Error("The request has more than 100000 lines.")
            ),
            (
                "/v1/metrics",
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 5_242_881),
                Error("The payload exceeds 5242880 bytes uncompressed.")
            ),
            (
                "/api/v2/series",
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 5_242_881),
                Error("The payload exceeds 5242880 bytes uncompressed.")
            ),
        ];

    protected override (string Path, int Bytes)[] MaxBytes =>
        [
            (V1, 62_914_560),
            (V2, 5_242_880),
            (Distributions, 62_914_560),
            (OtlpSamples.Path, 5_242_880),
            (DogStatsdSamples.Path, 5_242_880),
        ];

    protected override RequestCase[] Cases =>
        [
            new("series, on `/api/v1/series`", V1, Series($$"""{"metric":"a","points":[[{{Now}},1]]}""")),
            new(
                "series, on `/api/v2/series`",
                V2,
                Series($$"""{"metric":"a","points":[{"timestamp":{{Now}},"value":1}]}""")
            ),
            new("series, on `/api/v2/series`", V2, Protobuf.Series("a", Now, 1), "application/x-protobuf"),
            new(
                "series, on `/api/v1/distribution_points`",
                Distributions,
                Series($$"""{"metric":"a","points":[[{{Now}},[1,2]]]}""")
            ),
            // Half of a surrogate pair, as a text is written that was cut within an emoji.
            new(
                "series, on `/api/v1/series`",
                V1,
                $$"""{"\ud83d":1,"series":[{"metric":"a\ud83d","points":[[{{Now}},1]],"\ud83d":1}]}"""
            ),
            new(
                "series, on `/api/v2/series`",
                V2,
                Series($$"""{"metric":"a","points":[{"timestamp":{{Now}},"value":1,"\ud83d":1}],"points\ud83d":0}""")
            ),
            new(
                "series, on `/api/v1/distribution_points`",
                Distributions,
                Series($$"""{"metric":"a","points":[[{{Now}},[1,2]]],"metric\ud83d":0}""")
            ),
            new("no series: `[]`", V1, Series("")),
            new("an empty body", V2, ""),
            new("an empty body", V2, "", "application/x-protobuf"),
            new("what is not JSON", V1, "{"),
            new("what is not a MetricPayload", V2, [0x0A], "application/x-protobuf"),
            new("another JSON value than an object", V1, "[]"),
            new("no `series`", V1, "{}"),
            new("`series` that is not an array", V1, """{"series":{}}"""),
            new("nothing but a series that is not an object", V1, Series("1")),
            new("nothing but a series without `metric`", V1, Series("""{"points":[[1,2]]}""")),
            new("nothing but a series without `metric`", V2, Protobuf.Series("", Now, 1), "application/x-protobuf"),
            new("nothing but a series without points", V1, Series("""{"metric":"a","points":[]}""")),
            new("nothing but a point of another form", V1, Series("""{"metric":"a","points":[[1,2,3]]}""")),
            new("nothing but a point of another form", V2, Series("""{"metric":"a","points":[[1,2]]}""")),
            new("nothing but a point of another form", Distributions, Series("""{"metric":"a","points":[[1,2]]}""")),
            new("nothing but a value that is not finite", V1, Series("""{"metric":"a","points":[[1,1e999]]}""")),
            new(
                "nothing but NaN or infinite, in protobuf",
                V2,
                Protobuf.Series("a", Now, double.NaN),
                "application/x-protobuf"
            ),
            .. BadSeries.Select(bad => new RequestCase(
                "any of these beside a good series",
                V1,
                Series($$"""{{bad}},{"metric":"good","points":[[{{Now}},1]]}""")
            )),
            .. BadPoints.Select(bad => new RequestCase(
                "any of these beside a good point",
                V1,
                Series($$"""{"metric":"a","points":[{{bad}},[{{Now}},1]]}""")
            )),
            new(
                "any of these beside a good series",
                V2,
                Series(
                    $$"""{"metric":"a","points":[{"timestamp":{{Now}},"value":null}]},{"metric":"good","points":[{"timestamp":{{Now}},"value":1}]}"""
                )
            ),
            new(
                "any of these beside a good series",
                Distributions,
                Series($$"""{"metric":"nan","points":[[{{Now}},[null]]]},{"metric":"good","points":[[{{Now}},[1]]]}""")
            ),
            new(
                "any of these beside a good series",
                V2,
                [.. Protobuf.Series("", Now, 1), .. Protobuf.Series("a", Now, 1)],
                "application/x-protobuf"
            ),
            new(
                "any of these beside a good series",
                V2,
                [.. Protobuf.Field(1, [0x12, 0x05]), .. Protobuf.Series("a", Now, 1)],
                "application/x-protobuf"
            ),
            new(
                "any of these beside a good point",
                V2,
                Protobuf.Series("a", (Now, double.NaN), (Now, 1)),
                "application/x-protobuf"
            ),
            new("a value of null on v1", V1, Series($$"""{"metric":"nan","points":[[{{Now}},null],[{{Now}},1]]}""")),
            new(
                "a series of more than 10,000 points",
                V1,
                Series($$"""{"metric":"a","points":[{{string.Join(',', Enumerable.Repeat($"[{Now},1]", 10_001))}}]}""")
            ),
            new(
                "more than 100,000 series",
                V1,
                Series(string.Join(',', Enumerable.Repeat($$"""{"metric":"a","points":[[{{Now}},1]]}""", 100_001)))
            ),
            new("more than 62,914,560 bytes on v1", V1, new string(' ', 62_914_561)),
            new("more than 5,242,880 bytes on v2", V2, new string(' ', 5_242_881)),
            new(
                "a point older than 58 min",
                V1,
                Series($$"""{"metric":"a","points":[[{{Now - 3_500}},1],[{{Now}},2]]}""")
            ),
            new(
                "a point more than 10 min ahead",
                V1,
                Series($$"""{"metric":"a","points":[[{{Now + 700}},1],[{{Now}},2]]}""")
            ),
            new(
                "a metric's name of more than 200 characters",
                V1,
                Series(
                    $$"""{"metric":"{{new string('m', 201)}}","points":[[{{Now}},1]]},{"metric":"a","points":[[{{Now}},1]]}"""
                )
            ),
            new(
                "a metric's name of more than 200 characters",
                V2,
                Protobuf.Series(new string('\u00fc', 201), Now, 1),
                "application/x-protobuf"
            ),
            .. OtlpCases,
            .. DogStatsdCases,
        ];

    private static string[] BadSeries =>
        [
            "1",
            "null",
            "[]",
            "{}",
            """{"points":[[1,2]]}""",
            """{"metric":1,"points":[[1,2]]}""",
            """{"metric":"a"}""",
            """{"metric":"a","points":[]}""",
            """{"metric":"a","points":{}}""",
            """{"metric":"a","points":[null]}""",
            """{"metric":"a","points":[[1,2]],"points":[]}""",
            """{"metric":"a","points":[[1,1e999]]}""",
        ];

    private static string[] BadPoints =>
        [
            "1",
            "null",
            "[]",
            "[1]",
            "[null,1]",
            "[1,2,3]",
            "[1,\"2\"]",
            "[1,[2]]",
            "{\"timestamp\":1,\"value\":2}",
            "[1,1e999]",
        ];

    private static string Points =>
        "series[0].points is not what it should be: each a timestamp in seconds and what was measured.";
}
