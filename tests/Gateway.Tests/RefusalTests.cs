using System.Net;
using Microsoft.Extensions.Options;

namespace Partner.Gateway.Tests;

public sealed class RefusalTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    private const string Org = "5a1c3f2e-0000-4000-8000-00000000abcd";

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("POST", "/v1/input/0123456789abcdef")]
    [InlineData("POST", "/v1/input/0123456789abcdef0123456789abcdef/more")]
    [InlineData("PUT", "/agent/0123456789abcdef/v0.4/traces")]
    [InlineData("PUT", "/agent/0123456789abcdef0123456789abcdef")]
    [InlineData("GET", "/api/v1/unknown")]
    [InlineData("POST", "/api/v2/logs/more")]
    [InlineData("GET", "/internal/v1/ingest-keys")]
    public async Task AnUnknownPathIs404(string method, string path)
    {
        var answer = await host.SendAsync(new HttpMethod(method), path);

        Assert.Equal((404, """{"errors":["Not found"]}"""), answer.StatusAndBody);
        Assert.Equal("application/json; charset=utf-8", answer.Header("Content-Type"));
    }

    [Theory]
    [InlineData(
        "GET",
        "/api/v2/logs",
        "POST",
        """{"errors":[{"status":"405","title":"Method Not Allowed","detail":"Method not allowed"}]}"""
    )]
    [InlineData("PUT", "/v1/input", "POST", """{"code":405,"message":"Method not allowed"}""")]
    [InlineData("POST", "/api/v1/validate", "GET", """{"errors":["Method not allowed"]}""")]
    [InlineData(
        "DELETE",
        "/api/v2/events",
        "POST",
        """{"errors":[{"status":"405","title":"Method Not Allowed","detail":"Method not allowed"}]}"""
    )]
    public async Task AnotherMethodIs405(string method, string path, string allow, string body)
    {
        var answer = await host.SendAsync(new HttpMethod(method), path);

        Assert.Equal((405, body), answer.StatusAndBody);
        Assert.Equal(allow, answer.Header("Allow"));
    }

    [Fact]
    public async Task ABearerThatLooksLikeATokenChangesNothing()
    {
        var (key, _) = await host.NewKeyAsync();

        Assert.Equal(
            HttpStatusCode.Accepted,
            (await host.PostLogsAsync(key, headers: h => h.Add("Authorization", "Bearer a.b.c"))).Status
        );
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await host.SendAsync(HttpMethod.Get, "/", headers: h => h.Add("Authorization", "Bearer a.b.c"))).Status
        );
    }

    [Fact]
    public async Task EventsV2NeedsWhatWeDoNotHave() =>
        Assert.Equal(
            (
                403,
                """{"errors":[{"status":"403","title":"Forbidden","detail":"Application key required; send events to /api/v1/events."}]}"""
            ),
            (await host.SendAsync(HttpMethod.Post, "/api/v2/events")).StatusAndBody
        );

    [Fact]
    public async Task ValidateAnswersAsDatadogDoes()
    {
        var (key, entry) = await host.NewKeyAsync(org: Org);

        Assert.Equal(
            (200, """{"valid":true}"""),
            (await host.SendAsync(HttpMethod.Get, "/api/v1/validate", key)).StatusAndBody
        );
        Assert.Equal(
            (200, """{"valid":true}"""),
            (await host.SendAsync(HttpMethod.Get, $"/api/v1/validate?api_key={key}")).StatusAndBody
        );
        Assert.Equal(
            (
                200,
                $$$$"""{"data":{"type":"validate_v2","id":"{{{{Org}}}}","attributes":{"api_key_id":"{{{{entry.KeyId}}}}","api_key_scopes":[],"valid":true}}}"""
            ),
            (await host.SendAsync(HttpMethod.Get, "/api/v2/validate", key)).StatusAndBody
        );
        Assert.Equal(
            (200, """{"status":"ok"}"""),
            (await host.SendAsync(HttpMethod.Get, "/api/v2/validate_keys", key)).StatusAndBody
        );
        Assert.Equal(
            (403, """{"errors":["There are no application keys here; send the API key alone."]}"""),
            (
                await host.SendAsync(
                    HttpMethod.Get,
                    "/api/v2/validate_keys",
                    key,
                    headers: h => h.Add("DD-APPLICATION-KEY", new string('a', 40))
                )
            ).StatusAndBody
        );
    }

    [Theory]
    [InlineData("/api/v1/validate")]
    [InlineData("/api/v2/validate")]
    [InlineData("/api/v2/validate_keys")]
    public async Task ValidateRefusesAsDatadogDoes(string path)
    {
        Assert.Equal(
            (403, """{"errors":["API key required"]}"""),
            (await host.SendAsync(HttpMethod.Get, path)).StatusAndBody
        );
        Assert.Equal(
            (403, """{"errors":["Forbidden"]}"""),
            (await host.SendAsync(HttpMethod.Get, path, new string('0', 32))).StatusAndBody
        );
    }

    [Fact]
    public async Task ANewSenderIsConfigurationOnly()
    {
        await using var host = new GatewayHost(
            "--Senders:sessions:Routes:0:Path=/api/v2/session",
            "--Senders:sessions:Routes:0:Methods:0=POST",
            "--Senders:sessions:Routes:0:MaxBytes=512000"
        );
        await host.InitializeAsync();
        var (key, _) = await host.NewKeyAsync();

        // Nobody answers at http://sessions here: it was routed there, and not to logs.
        var answer = await host.PostLogsAsync(key, "/api/v2/session");
        Assert.Equal((503, """{"errors":["Service unavailable"]}"""), answer.StatusAndBody);
        Assert.Equal(
            (403, """{"errors":["API key required"]}"""),
            (await host.PostLogsAsync(null, "/api/v2/session")).StatusAndBody
        );
    }

    [Theory]
    [InlineData("sessions", "/api/v2/logs", "POST /api/v2/logs is a route of 'logs' and of 'sessions'")]
    [InlineData("sessions", "/API/v2/Logs", "POST /api/v2/logs is a route of 'logs' and of 'sessions'")]
    [InlineData(
        "cases",
        "/api/v2/incidents/{case:guid}/impacts",
        "POST /api/v2/incidents/{case:guid}/impacts is a route of 'cases' and of 'incidents'"
    )]
    [InlineData(
        "sessions",
        Grpc.GrpcHost.LogsExport,
        $"POST {Grpc.GrpcHost.LogsExport} is a route of 'logs' and of 'sessions'"
    )]
    public void ARouteOfTwoSendersStopsTheStartAndIsNamed(string sender, string path, string error)
    {
        var refused = Assert.Throws<OptionsValidationException>(() =>
            Program.Build([
                $"--Senders:{sender}:Routes:0:Path={path}",
                $"--Senders:{sender}:Routes:0:Methods:0=POST",
                $"--PartnerCredentials:main:Token={GatewayHost.AdminToken}",
                "--PartnerCredentials:main:Role=manage",
            ])
        );

        Assert.Equal([$"{error}; a method and path belong to one sender, once."], refused.Failures);
    }

    [Fact]
    public async Task OnePathMayHaveARouteForEachMethod()
    {
        await using var host = new GatewayHost(
            "--Senders:logs:Routes:2:Path=/api/v2/logs",
            "--Senders:logs:Routes:2:Methods:0=PUT"
        );
        await host.InitializeAsync();
        var (key, _) = await host.NewKeyAsync();

        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);
        Assert.Equal(
            HttpStatusCode.MethodNotAllowed,
            (await host.SendAsync(HttpMethod.Put, "/api/v2/logs", key)).Status
        );
    }
}
