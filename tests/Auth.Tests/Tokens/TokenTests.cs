using System.Net;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;
using StackExchange.Redis;
using AccessToken = Partner.Contracts.AccessToken;

namespace Partner.Auth.Tests.Tokens;

[CollectionDefinition(Name)]
public sealed class TokenWorld : ICollectionFixture<World>
{
    public const string Name = "tokens";
}

/// <summary>A collection of its own: here time skips.</summary>
[CollectionDefinition(Name)]
public sealed class SkippingWorld : ICollectionFixture<World>
{
    public const string Name = "tokens, skipping time";
}

/// <summary>A collection of its own: here processes are paused and killed.</summary>
[CollectionDefinition(Name)]
public sealed class ProcessWorld : ICollectionFixture<World>
{
    public const string Name = "tokens, processes";
}

/// <summary>What tests of tokens do, with a Datadog whose refresh tokens die when they are used.</summary>
public abstract class TokenTests(World world)
{
    /// <summary>As the sandbox writes it down (tests/Sandbox/Fact.cs).</summary>
    private const string RefreshRotated =
        "datadog-facts 2.5: the refresh token was rotated; the old one's life is ND (switch rotate)";

    protected const string TokenPath = "/oauth2/v1/token";

    protected World World => world;

    protected async Task<(ConnectionId Id, Org Org)> ConnectAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        return (ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>()), org);
    }

    /// <summary>As if an hour had passed for this connection's access token.</summary>
    protected async Task ExpireAsync(ConnectionId id, bool flush = true)
    {
        await world.Database.ExecuteAsync(
            "UPDATE connections SET token_expires_at = now() - interval '1 second' WHERE id = $1",
            id.Text
        );
        if (flush)
        {
            // An entry that the cache no longer waits for arrives before the ping, not after the flush.
            await world.Auth.Get<IConnectionMultiplexer>().GetDatabase().PingAsync();
            await world.Redis.FlushAsync();
        }
    }

    protected Task AgeLeaseAsync(ConnectionId id, bool undecidedToo = false) =>
        world.Database.ExecuteAsync(
            """
            UPDATE refresh_leases SET lease_until = now() - interval '1 second',
                undecided_until = CASE WHEN $2 THEN now() - interval '1 second' ELSE undecided_until END
            WHERE connection = $1
            """,
            id.Text,
            undecidedToo
        );

    protected Task DueAsync(ConnectionId id) =>
        world.Database.ExecuteAsync(
            "UPDATE connections SET next_step_at = now() - interval '1 second' WHERE id = $1",
            id.Text
        );

    protected Task<string> StateAsync(ConnectionId id) =>
        world.Database.ScalarAsync<string>("SELECT state FROM connections WHERE id = $1", id.Text);

    protected Task<string> ReasonAsync(ConnectionId id) =>
        world.Database.ScalarAsync<string>("SELECT reason FROM connections WHERE id = $1", id.Text);

    protected Task<long> GenerationAsync(ConnectionId id) =>
        world.Database.ScalarAsync<long>("SELECT generation FROM connections WHERE id = $1", id.Text);

    protected async Task<double> HoursToNextAsync(ConnectionId id) =>
        (
            await world.Database.ScalarAsync<DateTime>("SELECT next_step_at FROM connections WHERE id = $1", id.Text)
            - world.Clock.GetUtcNow().UtcDateTime
        ).TotalHours;

    /// <summary>Refreshes that Datadog has carried out.</summary>
    protected int Granted() => world.Datadog.Journal.Entries.Count(e => e is { Path: TokenPath, Status: 200 });

    /// <summary>Refreshes with a token that another refresh had used up.</summary>
    protected int UsedTwice() =>
        world.Datadog.Journal.Entries.Count(e => e.Path == TokenPath && e.Fact == RefreshRotated);

    private protected static (HttpStatusCode, string?) Drop(
        (HttpStatusCode Status, AccessToken? Token, string? Type) answer
    ) => (answer.Status, answer.Type);

    protected static Fault At(FaultAction action, int? count = null, int delayMs = 0, int status = 500) =>
        new()
        {
            Filter = new TrafficFilter(Path: TokenPath),
            Action = action,
            Count = count,
            DelayMs = delayMs,
            Status = status,
        };
}
