using System.Net;
using Partner.Contracts;
using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests.Tokens;

/// <summary>What Datadog has done and nobody has heard of.</summary>
[Collection(TokenWorld.Name)]
public sealed class LostAnswerTests(World world) : TokenTests(world)
{
    [Fact]
    [Trait("fault", "F3")]
    [Trait("security", "42")]
    public async Task ALostAnswerIsNotTakenForARevocationUntilItsTimeIsOver()
    {
        var (id, org) = await ConnectAsync();
        await ExpireAsync(id);
        World.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Path: TokenPath),
                Action = FaultAction.LostAnswer,
                Count = 1,
            }
        );
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await World.Auth.AccessTokenAsync(id)).Status);

        // Datadog has used the token up: invalid_grant, and an earlier attempt is undecided.
        await AgeLeaseAsync(id);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal("connected", await StateAsync(id));

        // Nobody hammers meanwhile.
        var before = World.TokenRequests();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(before, World.TokenRequests());

        await AgeLeaseAsync(id, undecidedToo: true);
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await World.Auth.AccessTokenAsync(id)));
        Assert.Equal(("reauthorize", "refresh-answer-lost"), (await StateAsync(id), await ReasonAsync(id)));

        // And by connecting again it works, as the same connection.
        var tenant = TenantId.Parse(
            await World.Database.ScalarAsync<string>("SELECT tenant FROM connections WHERE id = $1", id.Text)
        );
        Assert.Equal("/connect/done", await World.NewBrowser().ConnectAsync(tenant, org));
        Assert.Equal(
            ("connected", HttpStatusCode.OK),
            (await StateAsync(id), (await World.Auth.AccessTokenAsync(id)).Status)
        );
    }

    [Fact]
    [Trait("fault", "F3")]
    public async Task ATokenThatIsInTheVaultButNotInTheRowIsTakenUp()
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        Assert.Equal(HttpStatusCode.OK, (await World.Auth.AccessTokenAsync(id)).Status);
        // As if the process had ended between the vault and the row.
        await World.Database.ExecuteAsync(
            "UPDATE connections SET generation = generation - 1, sealed_token = NULL, token_expires_at = NULL WHERE id = $1",
            id.Text
        );
        await World.Database.ExecuteAsync("DELETE FROM refresh_leases WHERE connection = $1", id.Text);
        await World.Redis.FlushAsync();
        Assert.Equal(HttpStatusCode.OK, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal("connected", await StateAsync(id));
    }

    /// <summary>As after a restore to before a refresh, with the newest refresh tokens brought over.</summary>
    [Fact]
    [Trait("fault", "F3")]
    public async Task ATokenOfBeforeIsNotHandedOutOnceANewerGenerationIsTakenUp()
    {
        var (id, _) = await ConnectAsync();
        var generation = await GenerationAsync(id);
        var sealedToken = await ReadAsync<byte[]>("sealed_token");
        var expiresAt = await ReadAsync<DateTime>("token_expires_at");
        await ExpireAsync(id);
        Assert.Equal(HttpStatusCode.OK, (await World.Auth.AccessTokenAsync(id)).Status);
        await World.Database.ExecuteAsync(
            """
            UPDATE connections SET generation = $2, sealed_token = $3, token_expires_at = $4,
                refreshed_at = now() - interval '5 minutes'
            WHERE id = $1
            """,
            id.Text,
            generation,
            sealedToken,
            expiresAt
        );
        await World.Database.ExecuteAsync("DELETE FROM refresh_leases WHERE connection = $1", id.Text);
        await World.Redis.FlushAsync();
        var old = (await World.Auth.AccessTokenAsync(id)).Token!;

        // Who was refused with it asks, and gets another.
        await World.Auth.CheckAsync(id);

        Assert.NotEqual(old.Value, (await World.Auth.AccessTokenAsync(id)).Token!.Value);

        Task<T> ReadAsync<T>(string column) =>
            World.Database.ScalarAsync<T>($"SELECT {column} FROM connections WHERE id = $1", id.Text);
    }
}
