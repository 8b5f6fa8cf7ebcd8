using Partner.Contracts;

namespace Partner.CredentialVault.Tests;

public sealed class OwnersTests(VaultFixture fixture)
{
    private VaultApp Vault => fixture.Vault;

    [Fact]
    public async Task TheSameOrgIsTheSameOwnerForEveryConnection()
    {
        var first = await Vault.ReserveOrgAsync("org-same", ConnectionId.New());
        var second = await Vault.ReserveOrgAsync("org-same", ConnectionId.New());
        var other = await Vault.ReserveOrgAsync("org-other", ConnectionId.New());

        Assert.Equal(new Owner(first.Id, OwnerKind.Org, null), second);
        Assert.NotEqual(first.Id, other.Id);
    }

    [Fact]
    public async Task AReservationTellsTheStoredKeysId()
    {
        var owner = await Vault.ReserveOrgAsync("org-with-key", ConnectionId.New());
        await Vault.PutAsync(owner.Id, "api-key", 1, "key-1", "value-one");

        Assert.Equal(
            owner with
            {
                ApiKeyId = "key-1",
            },
            await Vault.ReserveOrgAsync("org-with-key", ConnectionId.New())
        );
    }

    [Fact]
    public async Task ManyAtOnceReserveOneOwnerWithOneDurableDataKey()
    {
        var connection = ConnectionId.New();
        var owners = await Task.WhenAll(
            Enumerable.Range(0, 24).Select(_ => Vault.ReserveOrgAsync("org-many", connection))
        );

        Assert.Single(owners.Distinct());
        Assert.Equal(
            1,
            await fixture.Database.ScalarAsync<long>(
                "SELECT count(*) FROM owners WHERE org = 'org-many' AND state = 'reserved' AND wrapped_key IS NOT NULL"
            )
        );
        var page = (await Vault.SendAsync(HttpMethod.Get, $"audit/{connection}")).Read<AuditPage>();
        Assert.Equal(["owner.reserved"], page.Entries.Select(e => e.Event));
    }

    [Fact]
    public async Task AConnectionHasOneOwner()
    {
        var connection = ConnectionId.New();
        var first = await Vault.ReserveConnectionAsync(connection);

        Assert.Equal(first, await Vault.ReserveConnectionAsync(connection));
        Assert.NotEqual(first.Id, (await Vault.ReserveConnectionAsync(ConnectionId.New())).Id);
    }

    [Theory]
    [InlineData("""{"kind":"org","client":"c","org":null,"connection":"con_00000000000000000000000000000001"}""")]
    [InlineData("""{"kind":"org","client":"","org":"o","connection":"con_00000000000000000000000000000001"}""")]
    [InlineData("""{"kind":"org","client":"c","org":"o\u0000","connection":"con_00000000000000000000000000000001"}""")]
    [InlineData("""{"kind":"org","client":"c","org":"o"}""")]
    [InlineData("""{"kind":"org","client":"c","org":"o","connection":"ten_00000000000000000000000000000001"}""")]
    [InlineData("""{"kind":"audit","connection":"con_00000000000000000000000000000001"}""")]
    [InlineData("""{"kind":7,"connection":"con_00000000000000000000000000000001"}""")]
    public async Task AnInvalidReservationIsRefused(string body)
    {
        using var json = System.Text.Json.JsonDocument.Parse(body);
        Assert.Equal(400, (int)(await Vault.SendAsync(HttpMethod.Post, "owners", json.RootElement)).Status);
    }

    [Fact]
    [Trait("security", "40")]
    public async Task AShreddedOwnerLeavesNothingThatDecrypts()
    {
        var connection = ConnectionId.New();
        var owner = await Vault.ReserveConnectionAsync(connection);
        await Vault.PutAsync(owner.Id, "refresh-token", 1, null, "token-to-shred");
        await Vault.GetAsync(owner.Id, "refresh-token");

        Assert.Equal("204", (await Vault.SendAsync(HttpMethod.Delete, $"owners/{owner.Id}")).Short);

        Assert.Equal("404 no-secret", (await Vault.GetAsync(owner.Id, "refresh-token")).Short);
        Assert.Equal("404 no-owner", (await Vault.PutAsync(owner.Id, "refresh-token", 2, null, "later")).Short);
        Assert.Equal(
            0,
            await fixture.Database.ScalarAsync<long>("SELECT count(*) FROM secrets WHERE owner = $1", owner.Id.Text)
        );
        Assert.Equal(
            "shredded",
            await fixture.Database.ScalarAsync<string>(
                "SELECT state FROM owners WHERE id = $1 AND wrapped_key IS NULL AND key_version IS NULL",
                owner.Id.Text
            )
        );
        Assert.Equal("204", (await Vault.SendAsync(HttpMethod.Delete, $"owners/{owner.Id}")).Short);
        Assert.NotEqual(owner.Id, (await Vault.ReserveConnectionAsync(connection)).Id);
    }

    [Fact]
    public async Task NobodyShredsAnUnknownOwnerOrTheAuditKey()
    {
        await Vault.ReserveConnectionAsync(ConnectionId.New());
        var auditKey = await fixture.Database.ScalarAsync<string>("SELECT id FROM owners WHERE kind = 'audit'");

        Assert.Equal("404 no-owner", (await Vault.SendAsync(HttpMethod.Delete, $"owners/{OwnerId.New()}")).Short);
        Assert.Equal("404 no-owner", (await Vault.SendAsync(HttpMethod.Delete, $"owners/{auditKey}")).Short);
        Assert.Equal("404 no-owner", (await Vault.PutAsync(OwnerId.Parse(auditKey), "api-key", 1, "k", "v")).Short);
    }
}
