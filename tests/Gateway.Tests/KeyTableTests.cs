using System.Net;
using Partner.Testing;

namespace Partner.Gateway.Tests;

public sealed class KeyTableTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Fact]
    public async Task ARevokedKeyIsRefusedAfterOnePoll()
    {
        var (key, entry) = await host.NewKeyAsync();
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);

        host.Auth.Revoke(entry);
        Assert.True(await host.PollAsync());

        Assert.Equal(HttpStatusCode.Forbidden, (await host.PostLogsAsync(key)).Status);
    }

    [Fact]
    public async Task AKeyWorksAsSoonAsItIsMade()
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await host.PostLogsAsync(new string('0', 32))).Status);
        var (key, _) = host.Auth.AddKey();

        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);
    }

    [Fact]
    [Trait("security", "47")]
    public async Task GuessedKeysDoNotMakeAuthBusy()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var asked = host.Auth.Asked.Count;

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await host.PostLogsAsync($"{i:x32}")).Status);
        }

        Assert.InRange(host.Auth.Asked.Count - asked, 1, 21);
    }

    [Fact]
    public async Task ThePollerAsksEveryTwoSeconds()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var asked = host.Auth.Asked.Count;

        await Until.TrueAsync(
            () => host.Auth.Asked.Count >= asked + 2,
            () => host.Time.Advance(TimeSpan.FromSeconds(2.5))
        );
    }

    [Fact]
    public async Task AllPagesAreRead()
    {
        await using var host = new GatewayHost { Before = auth => auth.PageSize = 2 };
        await host.InitializeAsync();
        var keys = Enumerable.Range(0, 5).Select(_ => host.Auth.AddKey().Key).ToArray();

        Assert.True(await host.PollAsync());

        foreach (var key in keys)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);
        }
    }

    [Fact]
    [Trait("security", "50")]
    public async Task TheLastTableServesWhileAuthIsDownButNotForEver()
    {
        await using var host = new GatewayHost("--KeyTable:MaxAge=01:00:00");
        await host.InitializeAsync();
        var (key, _) = await host.NewKeyAsync();
        host.Auth.IsDown = true;

        host.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(await host.PollAsync());
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);

        host.Time.Advance(TimeSpan.FromMinutes(2));
        var tooOld = await host.PostLogsAsync(key);
        Assert.Equal(
            (503, """{"errors":[{"status":"503","title":"Service Unavailable","detail":"Service unavailable"}]}"""),
            tooOld.StatusAndBody
        );
        Assert.Equal("5", tooOld.Header("Retry-After"));
        Assert.Equal((200, "Degraded"), (await host.SendAsync(HttpMethod.Get, "/health")).StatusAndBody);

        host.Auth.IsDown = false;
        Assert.True(await host.PollAsync());
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);
    }

    [Fact]
    public async Task BeforeTheFirstLoadTheAnswerIs503()
    {
        await using var host = new GatewayHost { Before = auth => auth.IsDown = true };
        await host.InitializeAsync();
        var (key, _) = host.Auth.AddKey();

        var answer = await host.PostLogsAsync(key);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (answer.Status, answer.Header("Retry-After")));
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable,
            (await host.SendAsync(HttpMethod.Get, "/api/v1/validate", key)).Status
        );
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.SendAsync(HttpMethod.Get, "/health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/alive")).Status);

        host.Auth.IsDown = false;
        Assert.True(await host.PollAsync());
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);
        Assert.Equal((200, "Healthy"), (await host.SendAsync(HttpMethod.Get, "/health")).StatusAndBody);
    }

    [Fact]
    public async Task AFeedThatWentBackIsReadAnew()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var (kept, _) = await host.NewKeyAsync();
        var (lost, _) = await host.NewKeyAsync();

        host.Auth.RestoreTo(1);
        Assert.True(await host.PollAsync());

        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(kept)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await host.PostLogsAsync(lost)).Status);
    }

    [Fact]
    public async Task TheWholeTableIsReadAnewFromTimeToTime()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        await host.NewKeyAsync();
        host.Time.Advance(TimeSpan.FromMinutes(31));
        host.Auth.Asked.Clear();

        Assert.True(await host.PollAsync());

        Assert.Contains(0, host.Auth.Asked);
    }
}
