using System.Net;

namespace Partner.Auth.Tests.Tokens;

/// <summary>Whether a grant still lives: of what is in use within the hour, of what is idle daily.</summary>
[Collection(TokenWorld.Name)]
public sealed class LivenessTests(World world) : TokenTests(world)
{
    [Fact]
    [Trait("fault", "F10")]
    [Trait("security", "42")]
    public async Task ARevokedGrantEndsInReauthorizeAndIsNotAskedForAgain()
    {
        var (id, org) = await ConnectAsync();
        World.Datadog.Grants.RevokeAll(org);
        await ExpireAsync(id);
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await World.Auth.AccessTokenAsync(id)));
        Assert.Equal(("reauthorize", "grant-revoked"), (await StateAsync(id), await ReasonAsync(id)));
        var before = World.TokenRequests();
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await World.Auth.AccessTokenAsync(id)));
        await World.Auth.StepWorkerAsync();
        Assert.Equal(before, World.TokenRequests());
    }

    [Fact]
    public async Task TheWorkerRefreshesAheadAndIdleConnectionsDaily()
    {
        var (id, _) = await ConnectAsync();
        await World.Database.ExecuteAsync(
            "UPDATE connections SET next_step_at = now() - interval '1 second', last_used_at = NULL, refreshed_at = now() - interval '2 minutes' WHERE id = $1",
            id.Text
        );
        var generation = await GenerationAsync(id);
        await World.Auth.StepWorkerAsync();
        Assert.Equal(generation + 1, await GenerationAsync(id));
        Assert.InRange(await HoursToNextAsync(id), 17.5, 24);

        // Used: from then on ahead of expiry.
        await World.Auth.AccessTokenAsync(id);
        Assert.InRange(await HoursToNextAsync(id), 49 / 60.0, 55.5 / 60);
    }
}
