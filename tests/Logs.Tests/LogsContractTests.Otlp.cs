using System.Net;
using System.Text;
using Partner.Testing;

namespace Partner.Logs.Tests;

/// <summary>The rows of the README's table that are OTLP's, and what arrives of it.</summary>
public sealed partial class LogsContractTests
{
    private static RequestCase[] OtlpCases =>
        [
            Otlp("OTLP, on `/v1/logs`", OtlpSamples.Request($$"""{"body":{{OtlpSamples.Text("a")}}}""", "{}")),
            Otlp(
                "OTLP, on `/v1/logs`",
                OtlpSamples.Request($$"""{"timeUnixNano":"{{Nano(0, 0)}}","severityNumber":9}""")
            ),
            Packed("OTLP, on `/v1/logs`", OtlpSamples.Request($$"""{"body":{{OtlpSamples.Text("p")}}}""", "{}")),
            Otlp("no log records", "{}"),
            new("no log records", OtlpSamples.Path, [], OtlpSamples.Protobuf),
            Otlp("what is not JSON", "{"),
            Otlp("JSON that is not OTLP", "[]"),
            new("protobuf that cannot be read to its end", OtlpSamples.Path, [0x0A, 0x05, 0x12], OtlpSamples.Protobuf),
            Otlp("nothing but log records that are not objects", OtlpSamples.Request("7", "null")),
            new(
                "nothing but a log record that cannot be read",
                OtlpSamples.Path,
                [0x0A, 8, 0x12, 6, 0x12, 4, 0x0A, 2, 1, 2],
                OtlpSamples.Protobuf
            ),
            Otlp("beside others a log record that is not an object", OtlpSamples.Request("7", "{}")),
            new(
                "beside others a log record that cannot be read",
                OtlpSamples.Path,
                [0x0A, 8, 0x12, 6, 0x12, 4, 0x0A, 2, 1, 2, .. OtlpSamples.ToProtobuf(OtlpSamples.Request("{}"))],
                OtlpSamples.Protobuf
            ),
            new(
                "beside others a log record that cannot be read",
                OtlpSamples.Path,
                [0x0A, 2, 0x08, 1, .. OtlpSamples.ToProtobuf(OtlpSamples.Request("{}"))],
                OtlpSamples.Protobuf
            ),
            Otlp(
                "beside others a log record of more than 10,000 attributes, and values within them",
                OtlpSamples.Request(
                    "{}",
                    $$"""{"attributes":[{{string.Join(',', Enumerable.Repeat("{}", 10_001))}}]}"""
                )
            ),
            Otlp(
                "beside others a log record older than 17 h 50 min",
                OtlpSamples.Request(
                    $$"""{"timeUnixNano":"{{Nano(17, 51)}}"}""",
                    $$"""{"observedTimeUnixNano":"{{Nano(17, 49)}}"}"""
                )
            ),
            Otlp("a value of another type, in OTLP/JSON", OtlpSamples.Request("""{"severityNumber":"many"}""")),
            Otlp(
                "text that is no Unicode, in OTLP/JSON",
                OtlpSamples.Request("""{"body":{"stringValue":"\ud83d"},"\ud83d":1}""")
            ),
            new("another Content-Type, on `/v1/logs`", OtlpSamples.Path, "x", "text/plain"),
            new(
                "JSON, and a query of more than 4,000 characters",
                $"{OtlpSamples.Path}?ddtags={new string('x', 4_000)}",
                "{}"
            ),
            Otlp("more than 100,000 log records", OtlpSamples.Request([.. Enumerable.Repeat("{}", 100_001)])),
            new(
                "more than 20,000 ResourceLogs and ScopeLogs",
                OtlpSamples.Path,
                [.. Enumerable.Repeat(new byte[] { 0x0A, 0x00 }, 20_001).SelectMany(b => b)],
                OtlpSamples.Protobuf
            ),
            Otlp(
                "log records that are more than 64,000,000 bytes as JSON",
                OtlpSamples.Of(
                    $$"""{"attributes":{{OtlpSamples.Attributes(("a", OtlpSamples.Text(new string('x', 100_000))))}}}""",
                    "{}",
                    [.. Enumerable.Repeat("{}", 1_000)]
                )
            ),
            Otlp("more than 5,347,737 bytes of OTLP", new string(' ', 5_347_738)),
        ];

    private static RequestCase Otlp(string row, string body) => new(row, OtlpSamples.Path, body);

    private static RequestCase Packed(string row, string body) =>
        new(row, OtlpSamples.Path, OtlpSamples.ToProtobuf(body), OtlpSamples.Protobuf);

    private static string Nano(int hours, int minutes) =>
        OtlpSamples.Nano(TimeProvider.System.GetUtcNow() - new TimeSpan(hours, minutes, 0));

    [Theory]
    [InlineData(OtlpSamples.Json, "{}")]
    [InlineData(OtlpSamples.Protobuf, "")]
    public async Task OtlpArrivesByTheV2IntakeAndItsAnswerIsOfItsOwnType(string type, string answer)
    {
        var json = OtlpSamples.Request($$"""{"body":{{OtlpSamples.Text("hello")}},"severityText":"warn"}""");
        var body = type == OtlpSamples.Protobuf ? OtlpSamples.ToProtobuf(json) : Encoding.UTF8.GetBytes(json);
        using var response = await PostAsync(
            "/v1/logs?ddtags=a:b",
            new ByteArrayContent(body) { Headers = { ContentType = new(type) } }
        );
        Assert.Equal(
            (HttpStatusCode.Accepted, type, answer),
            (
                response.StatusCode,
                response.Content.Headers.ContentType?.MediaType,
                await response.Content.ReadAsStringAsync()
            )
        );
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Assert.Equal(
            (
                "/api/v2/logs?ddtags=a%3Ab",
                "application/json",
                """[{"message":"hello","status":"warn","ddsource":"otlp_log_ingestion","otel.severity_text":"warn"}]"""
            ),
            (request.PathAndQuery, request.ContentType, TextOf(request))
        );
    }

    [Fact]
    public async Task WhatIsRefusedOfOtlpIsToldAgainToTheSameIdempotencyKeyByteForByte()
    {
        // 200 of them: a number of two bytes in protobuf, which is no UTF-8.
        byte[] bad = [0x12, 4, 0x0A, 2, 1, 2];
        var scope = Enumerable.Repeat(bad, 200).SelectMany(b => b).ToArray();
        byte[] resource = [0x12, 0xB0, 0x09, .. scope];
        byte[] body = [0x0A, 0xB3, 0x09, .. resource, .. OtlpSamples.ToProtobuf(OtlpSamples.Request("{}"))];
        var answers = new List<byte[]>();
        for (var i = 0; i < 2; i++)
        {
            var content = new ByteArrayContent(body) { Headers = { ContentType = new(OtlpSamples.Protobuf) } };
            content.Headers.TryAddWithoutValidation("Idempotency-Key", "once");
            using var response = await PostAsync("/v1/logs", content);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            answers.Add(await response.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal([0x0A, (byte)(answers[0].Length - 2), 0x08, 0xC8, 0x01, 0x12], answers[0][..6]);
        Assert.Equal(answers[0], answers[1]);
        // The log, 100 letters of their own, and one that the others share.
        Assert.Equal(102, await Database.ScalarAsync<long>("SELECT sum(items)::bigint FROM accepted"));
    }
}
