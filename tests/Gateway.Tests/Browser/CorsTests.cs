using System.Net;

namespace Partner.Gateway.Tests.Browser;

/// <summary>What a browser lets a page see of an answer (https://fetch.spec.whatwg.org/#http-cors-protocol).</summary>
public sealed class CorsTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    private const string Path = "/browser/api/v2/logs";
    private const string Shop = "https://shop.example";
    private const string Other = "https://other.example";

    [Theory]
    [InlineData(Shop, Shop)]
    [InlineData(Other, null)]
    public async Task APreflightIsAnsweredByTheOriginsOfTheToken(string origin, string? allowed)
    {
        var (token, _) = await host.NewClientTokenAsync(Shop, "https://admin.example");

        foreach (
            var target in new[]
            {
                $"{Path}?dd-api-key={token}",
                $"/browser?ddforward=%2Fapi%2Fv2%2Flogs%3Fdd-api-key%3D{token}",
            }
        )
        {
            var answer = await PreflightAsync(target, origin, "POST");

            Assert.Equal(
                (HttpStatusCode.NoContent, allowed, allowed is null ? null : "content-type", "Origin"),
                (
                    answer.Status,
                    answer.Header("Access-Control-Allow-Origin"),
                    answer.Header("Access-Control-Allow-Headers")?.ToLowerInvariant(),
                    answer.Header("Vary")
                )
            );
            Assert.Null(answer.Header("Access-Control-Allow-Credentials"));
        }
    }

    [Fact]
    public async Task TheAnswerNamesTheOriginAndNeverAll()
    {
        var (token, _) = await host.NewClientTokenAsync(Shop, Other);

        foreach (var origin in new[] { Shop, Other })
        {
            AssertReadable(await PostAsync($"{Path}?dd-api-key={token}", origin), 202, origin);
        }
    }

    /// <summary>The SDK sends a batch again after a 429, 408 or 5xx that it can read.</summary>
    [Fact]
    public async Task RefusalsAreReadableToo()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var (token, _) = await host.NewClientTokenAsync(Shop);

        AssertReadable(await PostAsync(host, Path, Shop), 401, Shop);
        AssertReadable(await PostAsync(host, $"{Path}?dd-api-key=pub{new string('0', 32)}", Shop), 403, Shop);
        host.Sender.Behaviour = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        AssertReadable(await PostAsync(host, $"{Path}?dd-api-key={token}", Shop), 500, Shop);
        await host.Sender.StopAsync();
        AssertReadable(await PostAsync(host, $"{Path}?dd-api-key={token}", Shop), 503, Shop);

        var refused = await PostAsync(host, $"{Path}?dd-api-key={token}", Other);
        Assert.Equal(
            (403, null, "Origin"),
            ((int)refused.Status, refused.Header("Access-Control-Allow-Origin"), refused.Header("Vary"))
        );
    }

    [Fact]
    public async Task BeforeTheKeysAreKnownAPageHearsThatItIsToComeAgain()
    {
        await using var host = new GatewayHost { Before = auth => auth.IsDown = true };
        await host.InitializeAsync();

        AssertReadable(await PostAsync(host, $"{Path}?dd-api-key=pub{new string('0', 32)}", Shop), 503, Shop);
    }

    [Theory]
    [InlineData("/api/v2/logs")]
    [InlineData("/api/v1/validate")]
    [InlineData("/partner/v1/tenants")]
    [InlineData("/connect")]
    [InlineData("/nothing")]
    public async Task NoOtherPathIsForPages(string path)
    {
        var preflight = await PreflightAsync(path, Shop, "POST");
        var (key, _) = await host.NewKeyAsync();
        var answer = await host.PostLogsAsync(key, path, headers => headers.Add("Origin", Shop));

        Assert.Null(preflight.Header("Access-Control-Allow-Origin"));
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        Assert.NotEqual(HttpStatusCode.NoContent, preflight.Status);
    }

    private static void AssertReadable(Answer answer, int status, string origin) =>
        Assert.Equal(
            (status, origin, "Origin", null),
            (
                (int)answer.Status,
                answer.Header("Access-Control-Allow-Origin"),
                answer.Header("Vary"),
                answer.Header("Access-Control-Allow-Credentials")
            )
        );

    private Task<Answer> PreflightAsync(string target, string origin, string method) =>
        host.SendAsync(
            HttpMethod.Options,
            target,
            headers: headers =>
            {
                headers.Add("Origin", origin);
                headers.Add("Access-Control-Request-Method", method);
                headers.Add("Access-Control-Request-Headers", "content-type");
            }
        );

    private Task<Answer> PostAsync(string target, string origin) => PostAsync(host, target, origin);

    private static Task<Answer> PostAsync(GatewayHost host, string target, string origin) =>
        host.PostLogsAsync(null, target, headers => headers.Add("Origin", origin));
}
