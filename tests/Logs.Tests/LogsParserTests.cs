using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Sending;

namespace Partner.Logs.Tests;

public sealed class LogsParserTests
{
    [Theory]
    [InlineData("""{"timestamp":"2026-01-02T03:04:05Z"}""", 1767323045000)]
    [InlineData("""{"timestamp":"2026-01-02T03:04:05"}""", 1767323045000)]
    [InlineData("""{"date":"2026-01-02T04:04:05.250+01:00"}""", 1767323045250)]
    [InlineData("""{"message":{"timestamp":1},"@timestamp":1767323045000}""", 1767323045000)]
    [InlineData("""{"timestamp":1767323045.5}""", 0)]
    [InlineData("""{"timestamp":1767323045000000}""", 0)]
    [InlineData("""{"_timestamp":1767323045000}""", 1767323045000)]
    [InlineData("""{"Timestamp":"2026-01-02 03:04:05,250"}""", 1767323045250)]
    [InlineData("""{"eventTime":"20260102T030405+0000"}""", 1767323045000)]
    [InlineData("""{"published_date":"Jan  2 03:04:05"}""", 1767323045000)]
    [InlineData("""{"TIMESTAMP":1767323045000,"event_time":1767323045000}""", 0)]
    [InlineData("""{"published_date":1,"timestamp":1767323045000,"date":2}""", 1767323045000)]
    [InlineData("""{"@timestamp":1,"published_date":1767323045000}""", 1767323045000)]
    [InlineData("""{"timestamp":1,"timestamp":1767323045000}""", 1767323045000)]
    [InlineData("""{"timestamp":"yesterday","date":"2026-01-02T03:04:05Z"}""", 1767323045000)]
    [InlineData("""{"timestamp":"2026-01-02"}""", 0)]
    [InlineData("""{"timestamp":{"a":[1]}}""", 0)]
    [InlineData("""{"message":"no time"}""", 0)]
    public void TheTimeOfALogIsRead(string log, long expected)
    {
        var parsed = Parse($"[{log}]");
        Assert.Null(parsed.Refusal);
        Assert.Equal([new Item(1, log.Length, expected)], parsed.Items);
    }

    [Fact]
    public void ALineIsALogAsItStands()
    {
        const string Body = "{\"a\":1}\r\nx\n\n {\"date\":\"2026-01-02T03:04:05Z\"} \n{}}\n{}";

        var parsed = Parse(Body, type: "application/x-ndjson");

        Assert.Equal([new Item(0, 7, 0), new Item(13, 31, 1767323045000), new Item(50, 2, 0)], parsed.Items);
        Assert.Equal(["x", "{}}"], parsed.Dead.Select(dead => Encoding.UTF8.GetString(dead.Bytes)));
    }

    [Fact]
    public void AVeryLongQueryIsRefused() =>
        Assert.Equal(
            400,
            Parse(
                "{}",
                new QueryCollection(
                    new Dictionary<string, Microsoft.Extensions.Primitives.StringValues>
                    {
                        ["ddtags"] = new string('x', 4_001),
                    }
                )
            ).Refusal?.Status
        );

    private static ParsedBody Parse(string body, IQueryCollection? query = null, string type = "application/json") =>
        LogsParser.Parse(
            new IntakeBody(
                Encoding.UTF8.GetBytes(body),
                type,
                query ?? QueryCollection.Empty,
                new("/api/v2/logs", 202, DatadogErrorShape.Detailed)
            )
            {
                Now = DateTimeOffset.FromUnixTimeSeconds(1_767_323_045),
            }
        );
}
