using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Partner.Gateway.Tests;

[Collection(nameof(ActivityListener))]
public sealed class SecretsTests
{
    [Fact]
    [Trait("security", "29")]
    public async Task NoSecretIsLoggedOrTraced()
    {
        var spans = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
                spans.Enqueue(
                    $"{span.DisplayName} {string.Join(' ', span.TagObjects)} {string.Join(' ', span.Baggage)}"
                ),
        };
        ActivitySource.AddActivityListener(listener);
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var (key, _) = await host.NewKeyAsync();
        var (inQuery, _) = await host.NewKeyAsync();
        var (ofDrain, _) = await host.NewKeyAsync();
        var (inPath, _) = await host.NewKeyAsync();
        var (inHost, _) = await host.NewKeyAsync();
        // Made for this run: the listener hears the tests beside this one too, and they name keys of their own.
        var unknown = Guid.CreateVersion7().ToString("N");

        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);
        Assert.Equal(
            HttpStatusCode.Accepted,
            (await host.PostLogsAsync(null, $"/api/v2/logs?api_key={inQuery}")).Status
        );
        Assert.Equal(
            HttpStatusCode.Accepted,
            (await host.PostLogsAsync(null, $"/api/v2/logs?DD-Api-Key={ofDrain}")).Status
        );
        Assert.DoesNotContain(ofDrain, $"{host.Sender.Last.Query} {string.Join(' ', host.Sender.Last.Headers.Values)}");
        foreach (var (target, name) in new[] { ($"/v1/input/{inPath}", "x"), ("/v1/input", $"{inHost}.agent.x") })
        {
            var answer = await Raw.ExchangeAsync(
                host.Url,
                $"POST {target} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]"
            );
            Assert.StartsWith("HTTP/1.1 202 ", answer, StringComparison.Ordinal);
        }

        await host.PostLogsAsync(unknown);
        // By hand: the span of an HttpClient here would hold the path.
        await Raw.ExchangeAsync(
            host.Url,
            $"POST /v1/input/{unknown}?api_key={unknown} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        );
        await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", GatewayHost.AdminToken);
        await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", "wrong-token-in-the-hope-of-luck");
        await host.SendAsync(
            HttpMethod.Get,
            "/oauth/callback?code=the-code&state=the-state",
            headers: h => h.Add("Cookie", "a=the-cookie")
        );
        await Raw.ExchangeAsync(host.Url, $"CONNECT /{unknown}/..?dd-api-key={unknown} HTTP/1.1\r\nHost: x\r\n\r\n");
        await Raw.ExchangeAsync(host.Url, $"GET /{unknown}/..?dd-api-key={unknown} HTTP/1.1\r\nHost: x\r\n\r\n");
        await host.Sender.StopAsync();
        await host.PostLogsAsync(null, $"/api/v2/logs?api_key={inQuery}");
        await host.PostLogsAsync(null, $"/api/v2/logs?dd-api-key={ofDrain}");
        var serviceToken = host.Sender.Requests.First().Headers["Authorization"]["Bearer ".Length..];

        string[] secrets =
        [
            key,
            inQuery,
            ofDrain,
            inPath,
            inHost,
            unknown,
            GatewayHost.AdminToken,
            "wrong-token-in",
            "the-code",
            "the-state",
            "the-cookie",
            serviceToken,
        ];
        Assert.NotEmpty(spans);
        Assert.NotEmpty(host.Logs.Messages);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(secret, host.Logs.Text);
            Assert.DoesNotContain(spans, span => span.Contains(secret));
        }
    }
}
