using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Partner.Contracts;
using Partner.Sending;

namespace Partner.Logs.Tests;

public sealed class LogsTextTests
{
    private const string Logplex = "application/logplex-1";

    [Theory]
    [InlineData("hello\nworld", "hello", "world")]
    [InlineData("hello world", "hello world")]
    [InlineData(
        "2019-11-19T14:37:58,995 INFO [process.name][20081] Hello World",
        "2019-11-19T14:37:58,995 INFO [process.name][20081] Hello World"
    )]
    [InlineData("13 <40>1 a b - x11 <40>1 a b -\n", "<40>1 a b - x", "<40>1 a b -")]
    [InlineData("5 a b c", "a b c")]
    [InlineData("1 a1 b\n1 c", "a", "b", "c")]
    [InlineData("3 errors found\r\nin 2 files", "3 errors found", "in 2 files")]
    [InlineData("99 <40>1 too short", "99 <40>1 too short")]
    [InlineData("11 <40>1 a b -99 <40>1 cut off", "<40>1 a b -", "99 <40>1 cut off")]
    [InlineData("11 <40>1 a b -\nno frame\n", "<40>1 a b -", "no frame")]
    [InlineData("99999999999999999999 x", "99999999999999999999 x")]
    [InlineData("0 x", "0 x")]
    [InlineData("7", "7")]
    public void ALogplexBodyIsFramesOrLinesAndNothingOfItIsLost(string body, params string[] messages) =>
        Assert.Equal(messages, Messages(Parse(body, Logplex)));

    [Fact]
    public void ManySmallFramesAreReadOnce()
    {
        // Were the rest looked at anew for each, it would be some 10^12 bytes.
        var body = string.Concat(Enumerable.Repeat("1 a", 1_500_000));
        Assert.Equal(1_500_000, Parse(body, Logplex).Items.Count);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData(Logplex)]
    public void EachParameterOfTheUrlIsInEachLogAndNoKey(string type)
    {
        var parsed = Parse(
            "one\ntwo",
            type,
            "?DD-API-KEY=secret&dd-api-key=secret&Api_Key=secret&dd_application_key=secret&wait=delivered&message=no"
                + "&HOST=web-1&hostname=h&service=s&ddsource=heroku&ddtags=a:b&attribute_name=VALUE&x=1&x=2&%22=%00%EF%BF%BD&empty="
        );
        Assert.Equal(2, parsed.Items.Count);
        foreach (var item in parsed.Items)
        {
            using var log = JsonDocument.Parse(parsed.Bytes.Slice(item.Offset, item.Length));
            Assert.Equal(
                [
                    "\"=\0\ufffd",
                    "attribute_name=VALUE",
                    "ddsource=heroku",
                    "ddtags=a:b",
                    "empty=",
                    "host=web-1",
                    "hostname=h",
                    "service=s",
                    "x=1,2",
                ],
                log.RootElement.EnumerateObject()
                    .Where(p => p.Name != "message")
                    .Select(p => $"{p.Name}={p.Value}")
                    .Order(StringComparer.Ordinal)
            );
        }
    }

    [Theory]
    [InlineData("?host=web-1", "host=web-1")]
    [InlineData("?hostname=web-1&attribute_name=VALUE", "hostname=web-1")]
    [InlineData("?Host=web-1&dd-api-key=secret", "host=web-1")]
    public void JsonGoesOutWithTheHostOfTheUrl(string query, string variant) =>
        Assert.Equal(variant, Parse("{}", "application/json", query).Variant);

    [Fact]
    public void NoMoreIsMadeOfLinesThanCanBeCommitted()
    {
        var parsed = Parse(
            string.Join('\n', Enumerable.Repeat("x", 10_000)),
            "text/plain",
            "?ddtags=" + new string('x', 100),
            1_000_000
        );
        Assert.Equal(new BodyRejection(413, "As JSON the logs have more than 1000000 bytes."), parsed.Refusal);
        Assert.Null(
            Parse(
                string.Join('\n', Enumerable.Repeat("x", 5_000)),
                "text/plain",
                "?ddtags=" + new string('x', 100),
                1_000_000
            ).Refusal
        );
    }

    private static IEnumerable<string> Messages(ParsedBody parsed) =>
        parsed.Items.Select(item =>
            JsonDocument
                .Parse(parsed.Bytes.Slice(item.Offset, item.Length))
                .RootElement.GetProperty("message")
                .GetString()!
        );

    private static ParsedBody Parse(string body, string type, string query = "", long most = long.MaxValue) =>
        LogsParser.Parse(
            new IntakeBody(
                Encoding.UTF8.GetBytes(body),
                type,
                new QueryCollection(QueryHelpers.ParseQuery(query)),
                new("/api/v2/logs", 202, DatadogErrorShape.Detailed)
            )
            {
                MaxItemBytes = most,
            }
        );
}
