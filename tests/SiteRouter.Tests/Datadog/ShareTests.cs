namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>Half of an org's announced limit stays the customer's, against the sandbox's books.</summary>
public sealed class ShareTests : IAsyncLifetime
{
    private readonly SandboxWorld _world = new();

    public async ValueTask InitializeAsync()
    {
        await _world.InitializeAsync();
        _world.State.Settings = _world.State.Settings with
        {
            ReadLimit = 20,
            ReadLimitPeriodSeconds = 3600,
            Rows = 100,
        };
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task WhenOurHalfIsUsedUpDatadogIsNotAsked()
    {
        var (connection, org) = _world.Connect();
        var statuses = new List<int>();
        for (var i = 0; i < 25; i++)
        {
            statuses.Add((await _world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor?page=0")).Status);
        }

        Assert.Equal([.. Enumerable.Repeat(200, 10), .. Enumerable.Repeat(429, 15)], statuses);
        Assert.Equal(10, Asked(org.Id));
        var reply = await _world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor");
        Assert.Equal((429, "rate-share"), reply.Problem);
        Assert.Equal(
            ("20", "3600", "0", "monitors_read"),
            (
                reply.Headers["X-RateLimit-Limit"],
                reply.Headers["X-RateLimit-Period"],
                reply.Headers["X-RateLimit-Remaining"],
                reply.Headers["X-RateLimit-Name"]
            )
        );
        Assert.Equal(reply.Headers["X-RateLimit-Reset"], reply.Headers["Retry-After"]);
        Assert.InRange(int.Parse(reply.Headers["Retry-After"]), 1, 3600);
    }

    [Fact]
    public async Task AnotherLimitAndAnotherConnectionGoOn()
    {
        var (connection, _) = _world.Connect();
        for (var i = 0; i < 11; i++)
        {
            await _world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor?page=0");
        }

        Assert.Equal(200, (await _world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/dashboard")).Status);
        Assert.Equal(
            200,
            (await _world.Router.SendAsync(_world.Connect().Connection, HttpMethod.Get, "/api/v1/monitor")).Status
        );
    }

    [Fact]
    public async Task WhatTheCustomersToolsUseIsNotOursToUse()
    {
        var (connection, org) = _world.Connect();
        _world.State.ReadLimits.Spend(org, "monitors_read", 12, _world.State.Settings);
        var answered = 0;
        for (var i = 0; i < 20; i++)
        {
            answered +=
                (await _world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor?page=0")).Status == 200
                    ? 1
                    : 0;
        }

        Assert.Equal((4, 4), (answered, Asked(org.Id)));
    }

    [Fact]
    public async Task AWalkKeepsToItAndSaysThatItIsNotWhole()
    {
        var (connection, org) = _world.Connect();
        var reply = await _world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/dashboard?all=true&count=5");
        var lines = WalkTests.LinesOf(reply);
        Assert.Equal((51, 10), (lines.Count, Asked(org.Id)));
        var why = lines[^1].GetProperty("$incomplete");
        Assert.Equal(
            ("rate-share", 429, 50),
            (
                why.GetProperty("type").GetString(),
                why.GetProperty("status").GetInt32(),
                why.GetProperty("items").GetInt32()
            )
        );
        Assert.InRange(why.GetProperty("retry_after").GetInt32(), 1, 3600);
    }

    private int Asked(string org) => _world.State.Journal.Entries.Count(e => e.Org == org);
}
