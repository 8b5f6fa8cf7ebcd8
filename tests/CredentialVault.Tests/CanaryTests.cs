using System.Text;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

public sealed class CanaryTests
{
    private const string ApiKey = "canary0apikey0000000000000000000";
    private const string Token = "canary.refresh-token.1f0e2d3c";
    private const string TokenBefore = "canary.refresh-token.before.77";

    [Fact]
    [Trait("security", "29")]
    [Trait("security", "32")]
    public async Task NoSecretStandsInTheDatabaseItsFilesOrTheLogs()
    {
        var key = VaultApp.NewKey();
        await using var server = await PostgresServer.StartAsync();
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault", server);
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, VaultApp.Ring(1, (1, key)));
        var sealing = (await vault.SendAsync(HttpMethod.Get, "sealing-keys"))
            .Read<SealingKeys>()
            .Keys.Single()
            .Key.Reveal();
        await UseEverythingAsync(vault);
        string[] canaries = [ApiKey, Token, TokenBefore, key, sealing];

        var rows = await ReadEveryColumnAsync(database);
        Assert.Contains("org-canary", rows, StringComparison.Ordinal);
        AssertNone(canaries, rows);
        AssertNone(canaries, vault.Logs);
        // Heap, indexes and write-ahead log.
        await using var admin = server.OpenAdmin(database.Name);
        await using var checkpoint = admin.CreateCommand("CHECKPOINT");
        await checkpoint.ExecuteNonQueryAsync();
        await using var where = admin.CreateCommand("SHOW data_directory");
        var files = Directory.GetFiles((string)(await where.ExecuteScalarAsync())!, "*", SearchOption.AllDirectories);
        var foundRow = false;
        foreach (var file in files)
        {
            var bytes = await File.ReadAllBytesAsync(file);
            foundRow |= bytes.AsSpan().IndexOf("org-canary"u8) >= 0;
            Assert.All(
                canaries,
                canary => Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary)) < 0, file)
            );
        }

        Assert.True(foundRow, "The files that were searched are not those of the database.");
    }

    private static async Task UseEverythingAsync(VaultApp vault)
    {
        var (connection, owner) = await vault.ConnectAsync("org-canary", "key-1", ApiKey);
        var tokens = await vault.ReserveConnectionAsync(connection);
        await vault.PutAsync(tokens.Id, "refresh-token", 1, null, TokenBefore);
        await vault.PutAsync(tokens.Id, "refresh-token", 2, null, Token);
        await vault.PutAsync(tokens.Id, "refresh-token", 1, null, Token);
        await vault.PutAsync(tokens.Id, "refresh-token", 2, "no-key-id", Token);
        Assert.Contains(Token, (await vault.GetAsync(tokens.Id, "refresh-token")).Body, StringComparison.Ordinal);
        Assert.Contains(ApiKey, (await vault.GetAsync(owner, "api-key")).Body, StringComparison.Ordinal);
        Assert.Contains(ApiKey, (await vault.ReleaseAsync(connection)).Body, StringComparison.Ordinal);
        var malformed = $$"""{"version":1,"keyId":{},"value":"{{ApiKey}}"}""";
        using var json = System.Text.Json.JsonDocument.Parse(malformed);
        await vault.SendAsync(HttpMethod.Put, $"owners/{owner}/secrets/api-key", json.RootElement);
        await vault.DetachAsync(connection);
    }

    private static async Task<string> ReadEveryColumnAsync(TestDatabase database)
    {
        var all = new StringBuilder();
        foreach (var table in new[] { "owners", "secrets", "connection_keys", "audit", "audit_heads" })
        {
            await using var command = database.Source.CreateCommand($"SELECT t::text FROM {table} t");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                all.AppendLine(reader.GetString(0));
            }
        }

        return all.ToString();
    }

    // As text, and as bytea prints text.
    private static void AssertNone(string[] canaries, string text) =>
        Assert.All(
            canaries,
            canary =>
            {
                Assert.DoesNotContain(canary, text, StringComparison.Ordinal);
                Assert.DoesNotContain(
                    Convert.ToHexStringLower(Encoding.UTF8.GetBytes(canary)),
                    text,
                    StringComparison.Ordinal
                );
            }
        );
}
