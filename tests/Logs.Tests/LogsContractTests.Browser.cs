using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Partner.Testing;

namespace Partner.Logs.Tests;

/// <summary>
/// What Datadog's SDK for browsers sends (datadog-facts 3.3): lines of JSON that call themselves text, from anybody who
/// has seen the page.
/// </summary>
public sealed partial class LogsContractTests
{
    private const string BrowserPath = "/browser/api/v2/logs";
    private const string Text = "text/plain";

    // As recorded from @datadog/browser-logs 7.16.2, made shorter.
    private const string Recorded =
        """{"date":1767323045000,"message":"paid \"twice\"","status":"error","origin":"logger","logger":{"name":"cart"},"view":{"url":"https://shop.example/cart","referrer":""},"ddtags":"sdk_version:7.16.2,env:test,service:shop","service":"shop","n":1.10e+2}""";

    private static readonly RequestCase[] BrowserCases =
    [
        new("logs of a page", BrowserPath, "{\"message\":\"a\"}\n{\"message\":\"b\"}", Text),
        new("logs of a page", BrowserPath, """[{"message":"a"}]""", "application/json"),
        new("nothing but lines that are not JSON", BrowserPath, "a line\nanother", Text),
        new("of a page, a line that is not JSON, beside a log", BrowserPath, "{\"message\":\"a\"}\na line", Text),
        new(
            "of a page, a log older than 17 h 50 min",
            BrowserPath,
            $$"""{"date":{{Ago(17, 51)}},"message":"old"}{{"\n"}}{"message":"new"}""",
            Text
        ),
        new("of a page, more than 1,048,576 bytes", BrowserPath, new string(' ', 1_048_577), Text),
    ];

    [Fact]
    public async Task LinesOfAPageAreLogsByteForByte()
    {
        var recent = Recorded.Replace("1767323045000", $"{Ago(0, 0)}", StringComparison.Ordinal);

        using var response = await PostAsync(
            $"{BrowserPath}?ddsource=browser&dd-evp-origin-version=7.16.2&dd-evp-origin=browser&dd-request-id=1",
            AsTheSdk($"{recent}\n{{\"message\":\"two\"}}")
        );

        Assert.Equal(
            (HttpStatusCode.Accepted, "{}"),
            (response.StatusCode, await response.Content.ReadAsStringAsync())
        );
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Assert.Equal(
            ("/api/v2/logs?ddsource=browser", "application/json", $$"""[{{recent}},{"message":"two"}]"""),
            (request.PathAndQuery, request.ContentType, TextOf(request))
        );
    }

    /// <summary>A line of syslog may look like JSON, and is text all the same.</summary>
    [Fact]
    public async Task TheSameLinesOfAnybodyElseAreText()
    {
        using var response = await PostAsync("/api/v2/logs?ddsource=browser", AsTheSdk("{\"message\":\"a\"}\n{}"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(
            """[{"message":"{\u0022message\u0022:\u0022a\u0022}","ddsource":"browser"},{"message":"{}","ddsource":"browser"}]""",
            TextOf(Assert.Single(await Intake.WaitForAsync(1)))
        );
    }

    /// <summary>Who has only seen the page may not take an idempotency key that the backend is about to use.</summary>
    [Fact]
    [Trait("security", "51")]
    public async Task APageNeitherTakesAnIdempotencyKeyNorWaits()
    {
        using var page = await SendAsync(BrowserPath, """{"message":"page"}""", Text);
        using var backend = await SendAsync("/api/v2/logs", """[{"message":"backend"}]""", "application/json");
        using var again = await SendAsync(BrowserPath, """{"message":"another"}""", Text);

        Assert.Equal(
            (HttpStatusCode.Accepted, HttpStatusCode.Accepted, HttpStatusCode.Accepted),
            (page.StatusCode, backend.StatusCode, again.StatusCode)
        );
        Assert.False(page.Headers.Contains("Delivery-Status"));
        Assert.False(again.Headers.Contains("Idempotency-Replayed"));
        await WaitUntilSettledAsync();
        var taken = string.Concat(Intake.Taken.Select(TextOf));
        Assert.All(["page", "backend", "another"], word => Assert.Contains($"\"{word}\"", taken));

        async Task<HttpResponseMessage> SendAsync(string path, string body, string type)
        {
            using var content = new StringContent(body, Encoding.UTF8);
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            content.Headers.TryAddWithoutValidation("Idempotency-Key", "the-same");
            return await PostAsync(path + (path == BrowserPath ? "?wait=delivered" : ""), content);
        }
    }

    private static StringContent AsTheSdk(string body) =>
        new(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("text/plain;charset=UTF-8"));
}
