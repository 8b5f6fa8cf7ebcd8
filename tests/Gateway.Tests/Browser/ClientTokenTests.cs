using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Partner.Gateway.Ingest;

namespace Partner.Gateway.Tests.Browser;

/// <summary>A key that everybody knows who opens the page.</summary>
public sealed partial class ClientTokenTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    private const string Path = "/browser/api/v2/logs";
    private const string Shop = "https://shop.example";

    [Theory]
    [InlineData("/browser?ddforward=%2Fapi%2Fv2%2Flogs%3Fddsource%3Dbrowser%26dd-api-key%3D{0}%26dd-request-id%3D1")]
    [InlineData("/browser/?ddforward=%2Fapi%2Fv2%2Flogs%3Fddsource%3Dbrowser%26dd-api-key%3D{0}%26dd-request-id%3D1")]
    [InlineData("/browser/api/v2/logs?ddsource=browser&dd-api-key={0}&dd-request-id=1")]
    [Trait("security", "29")]
    public async Task BothFormsOfTheSdkAreOneRequest(string target)
    {
        var (token, entry) = await host.NewClientTokenAsync(Shop);

        var answer = await PostAsync(Shop, string.Format(target, token));

        Assert.Equal((202, "{}"), answer.StatusAndBody);
        var received = host.Sender.Last;
        Assert.Equal(
            (Path, "?ddsource=browser&dd-request-id=1", false, entry.Connection.Text),
            (received.Path, received.Query, received.Caller.Claims.Strict, received.Caller.Claims.Connection)
        );
        Assert.DoesNotContain(received.Headers, header => header.Value.Contains(token, StringComparison.Ordinal));
        Assert.DoesNotContain(token, host.Logs.Text);
    }

    /// <summary>Each path that takes a key, from the routes themselves.</summary>
    [Fact]
    [Trait("security", "51")]
    public async Task ItOpensNoOtherDoor()
    {
        var (token, _) = await host.NewClientTokenAsync(Shop);
        var before = host.Sender.Requests.Count;
        var routes = host
            .Services.GetRequiredService<IOptions<SendersOptions>>()
            .Value.Values.SelectMany(sender => sender.Routes)
            .Where(route => !route.ClientTokens)
            .SelectMany(route => route.Methods.Select(method => (Method: method, Path: Plain(route.Path), route.Reads)))
            .Concat(ValidateApi.Paths.Select(path => (Method: "GET", Path: path, Reads: false)))
            .ToArray();
        Assert.InRange(routes.Length, 20, 100);

        foreach (var (method, path, isOff) in routes)
        {
            foreach (var (target, header) in new[] { (path, token), ($"{path}?dd-api-key={token}", null) })
            {
                var answer = await host.SendAsync(new HttpMethod(method), target, header, headers: From(Shop));
                Assert.Equal((method, path, 403), (method, path, (int)answer.Status));
                Assert.Contains(
                    isOff
                        ? "This is not read with an ingest key here"
                        : "A client token sends browser logs, to /browser, and nothing else.",
                    answer.Body
                );
            }
        }

        Assert.Equal(before, host.Sender.Requests.Count);
        Assert.Equal(401, (int)(await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", token)).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("https://other.example")]
    [InlineData("http://shop.example")]
    [InlineData("https://shop.example:8443")]
    [InlineData("https://SHOP.example")]
    [InlineData("https://shop.example, https://shop.example")]
    [Trait("security", "51")]
    public async Task ItIsRefusedToOtherOrigins(string? origin)
    {
        var (token, _) = await host.NewClientTokenAsync(Shop);
        var before = host.Sender.Requests.Count;

        var answer = await PostAsync(origin, $"{Path}?dd-api-key={token}");

        Assert.Equal(
            (
                403,
                """{"errors":[{"status":"403","title":"Forbidden","detail":"The client token is for pages of other origins."}]}"""
            ),
            answer.StatusAndBody
        );
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        Assert.Equal(before, host.Sender.Requests.Count);
    }

    [Fact]
    public async Task AnApiKeyDoesNotWorkFromAPage()
    {
        var (key, _) = await host.NewKeyAsync();

        var answer = await PostAsync(Shop, $"{Path}?dd-api-key={key}");

        Assert.Equal(403, (int)answer.Status);
        Assert.Contains("Pages send with a client token: an API key is a secret.", answer.Body);
    }

    [Fact]
    public async Task OneWhoseOriginsAreNotKnownIsConfinedAllTheSame()
    {
        var (token, _) = await host.NewClientTokenAsync();

        Assert.Equal(403, (int)(await host.PostLogsAsync(token)).Status);
        Assert.Equal(403, (int)(await PostAsync(Shop, $"{Path}?dd-api-key={token}")).Status);
    }

    [Theory]
    [InlineData("", 401)]
    [InlineData("?dd-api-key=pub0123456789abcdef0123456789abcdef", 403)]
    [InlineData("?dd-api-key=pub", 403)]
    [InlineData("?dd-api-key=PUB0123456789abcdef0123456789abcdef", 403)]
    public async Task WithoutOneThatLivesThereIsNoEntry(string query, int status) =>
        Assert.Equal(status, (int)(await PostAsync(Shop, Path + query)).Status);

    [Fact]
    public async Task ItWorksWhereKeysOfUrlsAreSwitchedOff()
    {
        await using var strict = new GatewayHost("--Ingest:AcceptKeyInUrl=false");
        await strict.InitializeAsync();
        var (token, _) = await strict.NewClientTokenAsync(Shop);

        var answer = await strict.PostLogsAsync(null, $"{Path}?dd-api-key={token}", From(Shop));

        Assert.Equal(202, (int)answer.Status);
    }

    [Fact]
    [Trait("fault", "F14")]
    [Trait("security", "51")]
    public async Task AFloodOfPagesLeavesTheBackendItsRate()
    {
        await using var limited = new GatewayHost("--Limits:ClientToken:PerSecond=2", "--Limits:ClientToken:Burst=3");
        await limited.InitializeAsync();
        var (token, entry) = await limited.NewClientTokenAsync(Shop);
        var (other, _) = await limited.NewClientTokenAsync(Shop);
        var (key, _) = limited.Auth.AddKey(connection: entry.Connection);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(202, (int)(await SendAsync(token)).Status);
        }

        var answer = await SendAsync(token);

        Assert.Equal(
            (429, "1", "browser_logs", Shop),
            (
                (int)answer.Status,
                answer.Header("Retry-After"),
                answer.Header("X-RateLimit-Name"),
                answer.Header("Access-Control-Allow-Origin")
            )
        );
        Assert.Equal(202, (int)(await SendAsync(other)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await limited.PostLogsAsync(key)).Status);

        Task<Answer> SendAsync(string token) => limited.PostLogsAsync(null, $"{Path}?dd-api-key={token}", From(Shop));
    }

    [Theory]
    [InlineData("/browser/api/v2/rum?ddsource=browser&dd-api-key=x", 202, "dropped")]
    [InlineData("/browser?ddforward=%2Fapi%2Fv2%2Frum%3Fddsource%3Dbrowser%26dd-api-key%3Dx", 202, "dropped")]
    [InlineData("/browser/api/v2/replay?dd-api-key=x", 403, "logs alone are taken")]
    [InlineData("/browser?ddforward=%2Fapi%2Fv2%2Freplay%3Fdd-api-key%3Dx", 403, "logs alone are taken")]
    [InlineData("/browser?ddforward=https%3A%2F%2Fevil.example%2F", 403, "logs alone are taken")]
    [InlineData("/browser?ddforward=%2Fpartner%2Fv1%2Ftenants", 403, "logs alone are taken")]
    [InlineData("/browser", 403, "logs alone are taken")]
    public async Task WhatIsNoLogGoesNowhere(string target, int status, string word)
    {
        var before = host.Sender.Requests.Count + host.Auth.Service.Requests.Count;

        var answer = await PostAsync(Shop, target);

        Assert.Equal((status, Shop), ((int)answer.Status, answer.Header("Access-Control-Allow-Origin")));
        Assert.Contains(word, answer.Body);
        Assert.Equal(before, host.Sender.Requests.Count + host.Auth.Service.Requests.Count);
    }

    [Fact]
    public async Task MoreThanAMebibyteIsTooLarge()
    {
        var (token, _) = await host.NewClientTokenAsync(Shop);

        var answer = await host.SendAsync(
            HttpMethod.Post,
            $"{Path}?dd-api-key={token}",
            body: new ByteArrayContent(new byte[1_048_577]),
            headers: From(Shop)
        );

        Assert.Equal((413, Shop), ((int)answer.Status, answer.Header("Access-Control-Allow-Origin")));
    }

    // A value for each parameter of a route: a UUID, as incidents have it.
    private static string Plain(string path) => Parameter().Replace(path, $"{Guid.Empty}");

    private Task<Answer> PostAsync(string? origin, string target) => host.PostLogsAsync(null, target, From(origin));

    private static Action<HttpRequestHeaders> From(string? origin) =>
        headers =>
        {
            if (origin is not null)
            {
                headers.TryAddWithoutValidation("Origin", origin);
            }
        };

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex Parameter();
}
