using System.Net;
using Partner.Gateway.Keys;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Gateway.Tests;

/// <summary>Credentials that were made by the API, as the door sees them, and what is reported of their use.</summary>
public sealed class CredentialTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Fact]
    public async Task ACredentialWorksAsSoonAsItIsMadeUnderItsOwnName()
    {
        var (token, entry) = host.Auth.AddCredential("manage", "billing");

        Assert.Equal(
            HttpStatusCode.Accepted,
            (await host.PartnerAsync(HttpMethod.Post, "/partner/v1/tenants", token)).Status
        );
        Assert.Equal(
            new ServiceClaims(Actor: $"billing/{entry.Id:N}", Role: "manage"),
            host.Auth.Service.Last.Caller.Claims
        );
    }

    /// <summary>Whoever stopped at the first that fits would tell by the time which one that was.</summary>
    [Fact]
    [Trait("security", "38")]
    public async Task ATokenIsComparedWithEveryCredential()
    {
        await using var host = new GatewayHost(
            $"--PartnerCredentials:zz:Token={GatewayHost.AdminToken}",
            "--PartnerCredentials:zz:Role=read"
        );
        await host.InitializeAsync();

        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync(host, GatewayHost.AdminToken));

        Assert.Equal("zz", host.Auth.Service.Last.Caller.Claims.Actor);
    }

    [Fact]
    public async Task ARevokedCredentialIsRefusedAfterOnePoll()
    {
        var (token, entry) = host.Auth.AddCredential("manage");
        Assert.True(await host.PollCredentialsAsync());
        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync(host, token));

        host.Auth.Credentials.TryRemove(entry.Id, out _);
        Assert.True(await host.PollCredentialsAsync());

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(host, token));
    }

    [Fact]
    public async Task ThePollerAsksEveryTwoSeconds()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var asked = host.Auth.AskedForCredentials;

        await Until.TrueAsync(
            () => host.Auth.AskedForCredentials >= asked + 2,
            () => host.Time.Advance(TimeSpan.FromSeconds(2.5))
        );
    }

    [Theory]
    [InlineData("read", "GET", HttpStatusCode.Accepted)]
    [InlineData("read", "POST", HttpStatusCode.Forbidden)]
    [InlineData("read", "DELETE", HttpStatusCode.Forbidden)]
    [InlineData("manage", "DELETE", HttpStatusCode.Accepted)]
    [InlineData("owner", "GET", HttpStatusCode.Unauthorized)]
    public async Task ARoleSaysWhatACredentialMayDo(string role, string method, HttpStatusCode expected)
    {
        var (token, _) = host.Auth.AddCredential(role);

        Assert.Equal(expected, (await host.PartnerAsync(new HttpMethod(method), "/partner/v1/tenants", token)).Status);
    }

    [Fact]
    [Trait("security", "50")]
    public async Task AnOutageOfAuthLocksNobodyOutAndLetsNobodyIn()
    {
        await using var host = new GatewayHost("--KeyTable:MaxAge=01:00:00");
        await host.InitializeAsync();
        var (token, _) = host.Auth.AddCredential("manage");
        Assert.True(await host.PollCredentialsAsync());
        var (unknown, _) = host.Auth.AddCredential("manage");
        host.Auth.IsDown = true;
        Assert.False(await host.PollCredentialsAsync());

        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync(host, token));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(host, unknown));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(host, "nobody's"));

        host.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(host, token));
        Assert.Equal(HttpStatusCode.Accepted, await StatusAsync(host, GatewayHost.AdminToken));
    }

    [Fact]
    [Trait("security", "47")]
    public async Task GuessedCredentialsDoNotMakeAuthBusy()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var asked = host.Auth.AskedForCredentials;

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(host, $"dap_{i:d43}"));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(host, $"guess-{i}"));
        }

        Assert.InRange(host.Auth.AskedForCredentials - asked, 1, 21);
    }

    [Fact]
    public async Task WhatWasUsedIsReportedOnce()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var (key, entry) = await host.NewKeyAsync();
        await host.NewKeyAsync();
        var (token, credential) = host.Auth.AddCredential("read");
        await host.PostLogsAsync(key);
        await host.PostLogsAsync(key);
        await StatusAsync(host, token);
        var reporter = (KeyUseReporter)host.Services.GetService(typeof(KeyUseReporter))!;

        // Auth does not take it: then the next report tells it. A reload of the table in between forgets nothing.
        host.Auth.IsDown = true;
        await reporter.ReportOnceAsync(CancellationToken.None);
        host.Auth.IsDown = false;
        host.Time.Advance(TimeSpan.FromMinutes(31));
        // Its first poll may come with a token of half an hour ago.
        await Until.TrueAsync(host.PollAsync);
        // The gateway's own report may have come first, and may have failed on a token of half an hour ago.
        await Until.TrueAsync(async () =>
        {
            await reporter.ReportOnceAsync(CancellationToken.None);
            return host.Auth.Uses.Any(u => u.IngestKeys.Count > 0) && host.Auth.Uses.Any(u => u.Credentials.Count > 0);
        });
        await reporter.ReportOnceAsync(CancellationToken.None);

        Assert.Equal([Guid.Parse(entry.KeyId)], host.Auth.Uses.SelectMany(u => u.IngestKeys));
        Assert.Equal([credential.Id], host.Auth.Uses.SelectMany(u => u.Credentials));
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost host, string token) =>
        (await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", token)).Status;
}
