using System.Security.Cryptography;
using System.Text.Json;
using Partner.Contracts;
using Partner.CredentialVault.Keys;
using Partner.CredentialVault.Owners;
using Partner.Storage;

namespace Partner.CredentialVault.Tests;

public sealed class SecretsTests(VaultFixture fixture)
{
    private VaultApp Vault => fixture.Vault;

    [Theory]
    [InlineData(null, 1, "a", nameof(PutOutcome.Stored))]
    [InlineData(3L, 4, "a", nameof(PutOutcome.Stored))]
    [InlineData(3L, 9, "b", nameof(PutOutcome.Stored))]
    [InlineData(3L, 3, "a", nameof(PutOutcome.AlreadyStored))]
    [InlineData(3L, 3, "b", nameof(PutOutcome.VersionTaken))]
    [InlineData(3L, 2, "a", nameof(PutOutcome.StaleVersion))]
    public void AVersionNeverGoesBackAndNeverChanges(long? stored, long version, string value, string outcome)
    {
        var newest = stored is { } number ? new StoredSecret(number, "key", new Secret("a")) : null;
        Assert.Equal(
            outcome,
            SecretStore.Decide(newest, new StoredSecret(version, "key", new Secret(value))).ToString()
        );
    }

    [Fact]
    public async Task AnApiKeyIsReadAsItWasStored()
    {
        var owner = await Vault.ReserveOrgAsync("org-read", ConnectionId.New());
        Assert.Equal("404 no-secret", (await Vault.GetAsync(owner.Id, "api-key")).Short);

        Assert.Equal("204", (await Vault.PutAsync(owner.Id, "api-key", 1, "key-1", "first-value")).Short);
        Assert.Equal("204", (await Vault.PutAsync(owner.Id, "api-key", 1, "key-1", "first-value")).Short);
        Assert.Equal("409 version-taken", (await Vault.PutAsync(owner.Id, "api-key", 1, "key-1", "other-value")).Short);
        Assert.Equal("409 version-taken", (await Vault.PutAsync(owner.Id, "api-key", 1, "key-2", "first-value")).Short);
        Assert.Equal("204", (await Vault.PutAsync(owner.Id, "api-key", 2, "key-2", "second-välue")).Short);
        Assert.Equal("409 stale-version", (await Vault.PutAsync(owner.Id, "api-key", 1, "key-1", "first-value")).Short);

        var answer = await Vault.GetAsync(owner.Id, "api-key");
        Assert.Equal(
            new StoredSecret(2, "key-2", new Secret("second-välue"), VaultApp.Site),
            answer.Read<StoredSecret>()
        );
        Assert.Equal("no-store", answer.CacheControl);
        Assert.Equal(
            1,
            await fixture.Database.ScalarAsync<long>("SELECT count(*) FROM secrets WHERE owner = $1", owner.Id.Text)
        );
    }

    [Fact]
    public async Task TheRefreshTokenBeforeTheNewestStays()
    {
        var owner = await Vault.ReserveConnectionAsync(ConnectionId.New());
        foreach (var version in new[] { 1, 2, 5 })
        {
            Assert.Equal(
                "204",
                (await Vault.PutAsync(owner.Id, "refresh-token", version, null, $"token-{version}")).Short
            );
        }

        var newest = await Vault.GetAsync(owner.Id, "refresh-token");
        var before = await Vault.GetAsync(owner.Id, "refresh-token?version=2");
        Assert.Equal(new StoredSecret(5, null, new Secret("token-5")), newest.Read<StoredSecret>());
        Assert.Equal(new StoredSecret(2, null, new Secret("token-2")), before.Read<StoredSecret>());
        Assert.Equal("404 no-secret", (await Vault.GetAsync(owner.Id, "refresh-token?version=1")).Short);
    }

    [Fact]
    public async Task OfManyWritersOfOneVersionOneWins()
    {
        var owner = await Vault.ReserveConnectionAsync(ConnectionId.New());
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => Vault.PutAsync(owner.Id, "refresh-token", 1, null, $"writer-{i}"))
        );

        Assert.Equal(["204", .. Enumerable.Repeat("409 version-taken", 11)], answers.Select(a => a.Short).Order());
    }

    [Fact]
    public async Task AnOwnerHasOnlyTheSecretOfItsKind()
    {
        var org = await Vault.ReserveOrgAsync("org-kind", ConnectionId.New());
        var connection = await Vault.ReserveConnectionAsync(ConnectionId.New());

        Assert.Equal("400 invalid", (await Vault.PutAsync(org.Id, "refresh-token", 1, null, "v")).Short);
        Assert.Equal("400 invalid", (await Vault.PutAsync(connection.Id, "api-key", 1, "k", "v")).Short);
    }

    [Theory]
    [InlineData("""{"version":0,"keyId":"k","value":"v"}""")]
    [InlineData("""{"version":1,"keyId":null,"value":"v"}""")]
    [InlineData("""{"version":1,"keyId":"k","value":""}""")]
    [InlineData("""{"version":1,"keyId":"k","value":null}""")]
    [InlineData("""{"version":1,"keyId":"k"}""")]
    [InlineData("""{"version":"x","keyId":"k","value":"v"}""")]
    [InlineData("""{"version":1,"keyId":"k","value":"v","site":""}""")]
    [InlineData("""{"version":1,"keyId":"k","value":"v","site":"datadoghq.com|x"}""")]
    [InlineData("[]")]
    public async Task AnInvalidSecretIsRefused(string body)
    {
        var owner = await Vault.ReserveOrgAsync("org-invalid", ConnectionId.New());
        using var json = JsonDocument.Parse(body);
        var answer = await Vault.SendAsync(HttpMethod.Put, $"owners/{owner.Id}/secrets/api-key", json.RootElement);
        Assert.Equal(400, (int)answer.Status);
    }

    [Theory]
    [InlineData("owners/own_1/secrets/api-key", 400)]
    [InlineData("owners/con_00000000000000000000000000000001/secrets/api-key", 400)]
    [InlineData("owners/own_00000000000000000000000000000001/secrets/api-key", 404)]
    public async Task AnUnknownPlaceIsNotFound(string path, int status) =>
        Assert.Equal(status, (int)(await Vault.SendAsync(HttpMethod.Get, path)).Status);

    [Theory]
    [Trait("security", "31")]
    [InlineData(
        "WITH key AS (UPDATE owners SET wrapped_key = (SELECT wrapped_key FROM owners WHERE id = $2) WHERE id = $1) UPDATE secrets SET ciphertext = (SELECT ciphertext FROM secrets WHERE owner = $2) WHERE owner = $1"
    )]
    [InlineData("UPDATE secrets SET ciphertext = (SELECT ciphertext FROM secrets WHERE owner = $2) WHERE owner = $1")]
    [InlineData(
        "UPDATE owners SET wrapped_key = (SELECT wrapped_key FROM owners WHERE id = $2) WHERE id = $1 AND $2 <> ''"
    )]
    [InlineData("UPDATE secrets SET version = 7 WHERE owner = $1 AND $2 <> ''")]
    [InlineData("UPDATE secrets SET key_id = 'other' WHERE owner = $1 AND $2 <> ''")]
    [InlineData("UPDATE secrets SET site = 'datadoghq.eu' WHERE owner = $1 AND $2 <> ''")]
    [InlineData(
        "UPDATE secrets SET ciphertext = set_byte(ciphertext, 30, get_byte(ciphertext, 30) # 1) WHERE owner = $1 AND $2 <> ''"
    )]
    [InlineData("UPDATE secrets SET ciphertext = '\\x00' WHERE owner = $1 AND $2 <> ''")]
    public async Task ACiphertextOpensOnlyWhereItWasPut(string sql)
    {
        var mine = await Vault.ReserveOrgAsync(Guid.CreateVersion7().ToString(), ConnectionId.New());
        var other = await Vault.ReserveOrgAsync(Guid.CreateVersion7().ToString(), ConnectionId.New());
        await Vault.PutAsync(mine.Id, "api-key", 1, "key", "my-own-secret-value");
        await Vault.PutAsync(other.Id, "api-key", 1, "key", "the-others-secret-value");
        await using var admin = fixture.Database.Server.OpenAdmin(fixture.Database.Name);
        await using var connection = await admin.OpenConnectionAsync();
        await ExecuteAsync(connection, "SET search_path = vault");
        await ExecuteAsync(connection, sql, mine.Id.Text, other.Id.Text);

        // A vault that has not opened this owner's data key before.
        await using var fresh = await RestartedAsync();
        var answer = await fresh.GetAsync(mine.Id, "api-key");

        Assert.Equal("500 undecryptable", answer.Short);
        Assert.DoesNotContain("secret-value", answer.Body + fresh.Logs, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("security", "31")]
    public async Task ARefreshTokenDoesNotOpenAsAnApiKey()
    {
        var owner = await Vault.ReserveConnectionAsync(ConnectionId.New());
        await Vault.PutAsync(owner.Id, "refresh-token", 1, null, "a-refresh-token");
        await using var admin = fixture.Database.Server.OpenAdmin(fixture.Database.Name);
        await using var connection = await admin.OpenConnectionAsync();
        await ExecuteAsync(
            connection,
            "UPDATE vault.secrets SET kind = 'api-key', key_id = '' WHERE owner = $1",
            owner.Id.Text
        );

        Assert.Equal("500 undecryptable", (await Vault.GetAsync(owner.Id, "api-key")).Short);
    }

    /// <summary>Each part of the place counts by itself: also where one data key protects both.</summary>
    [Fact]
    [Trait("security", "31")]
    public void OwnerKindVersionKeyIdAndSiteAreEachBound()
    {
        var key = Convert.FromBase64String(VaultApp.NewKey());
        var owner = OwnerId.New();
        var place = SecretKind.ApiKey.Place(owner, 1, "key");
        var ciphertext = Envelope.Seal(key, "secret"u8, place);
        string[] others =
        [
            SecretKind.ApiKey.Place(OwnerId.New(), 1, "key"),
            SecretKind.RefreshToken.Place(owner, 1, "key"),
            SecretKind.ApiKey.Place(owner, 2, "key"),
            SecretKind.ApiKey.Place(owner, 1, "other"),
            SecretKind.ApiKey.Place(owner, 1, null),
            SecretKind.ApiKey.Place(owner, 1, "key", "datadoghq.eu"),
        ];

        Assert.Equal("secret"u8, Envelope.Open(key, ciphertext, place));
        var atSite = SecretKind.ApiKey.Place(owner, 1, "key", VaultApp.Site);
        Assert.All(
            others.Append(place),
            other =>
                Assert.ThrowsAny<CryptographicException>(() =>
                    Envelope.Open(key, Envelope.Seal(key, "secret"u8, atSite), other)
                )
        );
        Assert.All(
            others,
            other => Assert.ThrowsAny<CryptographicException>(() => Envelope.Open(key, ciphertext, other))
        );
        // A fresh nonce each: the same text never looks the same.
        Assert.NotEqual(ciphertext, Envelope.Seal(key, "secret"u8, place));
    }

    private Task<VaultApp> RestartedAsync() => VaultApp.StartAsync(fixture.Database.ConnectionString, fixture.Ring);

    private static async Task ExecuteAsync(Npgsql.NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = connection.Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }
}
