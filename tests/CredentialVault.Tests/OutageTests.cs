using Partner.Contracts;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

public sealed class OutageTests
{
    [Fact]
    [Trait("security", "50")]
    // The vault's part of F4: a reservation that was answered survives, so what was minted after it can be stored.
    [Trait("fault", "F4")]
    [Trait("fault", "F7")]
    public async Task ADeadDatabaseIs503UntilItIsBack()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault", server);
        await using var vault = await VaultApp.StartAsync(
            database.ConnectionString,
            VaultApp.Ring(1, (1, VaultApp.NewKey()))
        );
        var (connection, owner) = await vault.ConnectAsync("org-outage", "key-1", "value-outage");
        var tokens = await vault.ReserveConnectionAsync(connection);
        Assert.Equal("200", (await vault.ReleaseAsync(connection)).Short);

        server.Kill();
        // Twice: the first use finds the pooled connection broken, the second opens a new one.
        for (var i = 0; i < 2; i++)
        {
            Answer[] answers =
            [
                await vault.ReleaseAsync(connection),
                await vault.GetAsync(owner, "api-key"),
                await vault.PutAsync(tokens.Id, "refresh-token", 1, null, "token-in-outage"),
                await vault.SendAsync(HttpMethod.Post, "owners", OwnerReservation.ForOrg("c", "o", connection)),
                await vault.DetachAsync(connection),
                await vault.SendAsync(HttpMethod.Get, "key-ring"),
            ];
            Assert.All(answers, answer => Assert.Equal(("503 unavailable", "5"), (answer.Short, answer.RetryAfter)));
        }

        await server.RestartAsync();
        await AssertBackAsync(vault, connection);
        Assert.Equal("204", (await vault.PutAsync(tokens.Id, "refresh-token", 1, null, "token-in-outage")).Short);
    }

    // A server that has just started may still refuse a connection or two.
    private static async Task AssertBackAsync(VaultApp vault, ConnectionId connection)
    {
        var answer = await Until.AnsweredAsync(
            () => vault.ReleaseAsync(connection),
            released => released.Short != "503 unavailable"
        );
        Assert.Equal("200", answer.Short);
        Assert.Equal(
            new ReleasedApiKey("key-1", new Secret("value-outage"), VaultApp.Site),
            answer.Read<ReleasedApiKey>()
        );
    }
}
