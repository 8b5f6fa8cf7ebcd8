using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.CredentialVault.Tests;

public sealed class ConnectionKeysTests(VaultFixture fixture)
{
    private VaultApp Vault => fixture.Vault;

    [Fact]
    public async Task ASenderIsGivenTheKeyOfItsConnection()
    {
        var (connection, _) = await Vault.ConnectAsync("org-release", "key-1", "released-value");
        var answer = await Vault.ReleaseAsync(connection);

        Assert.Equal(
            new ReleasedApiKey("key-1", new Secret("released-value"), VaultApp.Site),
            answer.Read<ReleasedApiKey>()
        );
        Assert.Equal("no-store", answer.CacheControl);
    }

    [Fact]
    [Trait("security", "28")]
    public async Task AKeyIsReleasedWithTheSiteThatItWasStoredForAndNotAfterAnEditOfIt()
    {
        var (connection, owner) = await Vault.ConnectAsync("org-sites", "key-1", "value-of-a-site");
        Assert.Equal(VaultApp.Site, (await Vault.ReleaseAsync(connection)).Read<ReleasedApiKey>().Site);

        await fixture.Database.ExecuteAsync("UPDATE secrets SET site = 'datadoghq.eu' WHERE owner = $1", owner.Text);
        Assert.Equal("500 undecryptable", (await Vault.ReleaseAsync(connection)).Short);
        await fixture.Database.ExecuteAsync("UPDATE secrets SET site = NULL WHERE owner = $1", owner.Text);
        Assert.Equal("500 undecryptable", (await Vault.ReleaseAsync(connection)).Short);
    }

    [Fact]
    [Trait("security", "28")]
    public async Task AKeyThatIsOlderThanItsSiteIsReleasedWithoutOneUntilItIsStoredAgain()
    {
        var (connection, owner) = await Vault.ConnectAsync("org-old", "key-1", "value");
        var old = new StoredSecret(2, "key-1", new Secret("value-of-before"));
        Assert.Equal("204", (await Vault.PutAsync(owner, "api-key", old)).Short);
        Assert.Equal(
            new ReleasedApiKey("key-1", old.Value, null),
            (await Vault.ReleaseAsync(connection)).Read<ReleasedApiKey>()
        );

        var whole = old with { Site = VaultApp.Site };
        Assert.Equal("409 version-taken", (await Vault.PutAsync(owner, "api-key", whole)).Short);
        Assert.Equal("204", (await Vault.PutAsync(owner, "api-key", whole with { Version = 3 })).Short);
        Assert.Equal(
            new ReleasedApiKey("key-1", old.Value, VaultApp.Site),
            (await Vault.ReleaseAsync(connection)).Read<ReleasedApiKey>()
        );
    }

    [Fact]
    public async Task WithoutAKeyThereIsNothingToRelease()
    {
        var connection = ConnectionId.New();
        Assert.Equal("404 no-api-key", (await Vault.ReleaseAsync(connection)).Short);

        var owner = await Vault.ReserveOrgAsync("org-no-key-yet", connection);
        await Vault.AttachAsync(connection, owner.Id, TenantId.New());
        Assert.Equal("404 no-api-key", (await Vault.ReleaseAsync(connection)).Short);
    }

    [Fact]
    [Trait("security", "44")]
    public async Task AKeyIsReleasedOnlyForTheConnectionInTheToken()
    {
        var (connection, _) = await Vault.ConnectAsync("org-claims", "key-1", "value-of-claims");
        var path = $"connections/{connection}/api-key/release";

        Assert.Equal(
            "403 other-connection",
            (await Vault.SendAsync(HttpMethod.Post, path, null, Vault.Sender, ConnectionId.New())).Short
        );
        Assert.Equal("403 other-connection", (await Vault.SendAsync(HttpMethod.Post, path, null, Vault.Sender)).Short);
    }

    [Fact]
    [Trait("security", "44")]
    public async Task AKeyIsReleasedOnlyToNamedServices()
    {
        var (connection, owner) = await Vault.ConnectAsync("org-callers", "key-1", "value-of-callers");
        var path = $"connections/{connection}/api-key/release";
        using var stranger = new Testing.ServiceIdentity("stranger", Vault.Time);
        var claims = new ServiceClaims(connection.Text);

        Assert.Equal(
            "403 forbidden",
            (await Vault.SendAsync(HttpMethod.Post, path, null, Vault.Auth, connection)).Short
        );
        Assert.Equal(
            "403 forbidden",
            (await Vault.SendAsync(HttpMethod.Post, path, null, Vault.Nobody, connection)).Short
        );
        Assert.Equal(
            "401 unauthenticated",
            (await Vault.SendAsync(HttpMethod.Post, path, null, stranger, connection)).Short
        );
        Assert.Equal("401 unauthenticated", (await Vault.SendAsync(HttpMethod.Post, path, null, token: null)).Short);
        Assert.Equal(
            "401 unauthenticated",
            (await Vault.SendAsync(HttpMethod.Post, path, null, Vault.Sender.TokenFor("auth", claims))).Short
        );
        Assert.Equal(
            "403 forbidden",
            (
                await Vault.SendAsync(HttpMethod.Get, $"owners/{owner}/secrets/api-key", null, Vault.Sender, connection)
            ).Short
        );
    }

    [Theory]
    [Trait("security", "44")]
    [InlineData("POST", "owners")]
    [InlineData("DELETE", "owners/own_00000000000000000000000000000001")]
    [InlineData("PUT", "owners/own_00000000000000000000000000000001/secrets/api-key")]
    [InlineData("GET", "owners/own_00000000000000000000000000000001/secrets/api-key")]
    [InlineData("PUT", "owners/own_00000000000000000000000000000001/secrets/refresh-token")]
    [InlineData("GET", "owners/own_00000000000000000000000000000001/secrets/refresh-token")]
    [InlineData("PUT", "connections/con_00000000000000000000000000000001/api-key-owner")]
    [InlineData("DELETE", "connections/con_00000000000000000000000000000001/api-key-owner")]
    [InlineData("POST", "connections/con_00000000000000000000000000000001/api-key/release")]
    [InlineData("POST", "audit")]
    [InlineData("GET", "audit/con_00000000000000000000000000000001")]
    [InlineData("GET", "audit/con_00000000000000000000000000000001/verify")]
    [InlineData("GET", "key-ring")]
    [InlineData("GET", "sealing-keys")]
    public async Task EveryRouteRefusesWhoMayNotUseIt(string method, string path)
    {
        Assert.Equal("403 forbidden", (await Vault.SendAsync(new HttpMethod(method), path, null, Vault.Nobody)).Short);
        Assert.Equal(
            "401 unauthenticated",
            (await Vault.SendAsync(new HttpMethod(method), path, null, token: null)).Short
        );
    }

    [Fact]
    public async Task AnOrgOfAnotherTenantIsInUse()
    {
        var (_, owner) = await Vault.ConnectAsync("org-in-use", "key-1", "value-in-use");
        var second = ConnectionId.New();

        Assert.Equal("409 org-in-use", (await Vault.AttachAsync(second, owner, TenantId.New())).Short);
        Assert.Equal("404 no-api-key", (await Vault.ReleaseAsync(second)).Short);
    }

    /// <summary>A reservation reaches the owner's key until it is decided; a refusal decides it.</summary>
    [Fact]
    [Trait("security", "43")]
    public async Task WhoIsRefusedAnOrgDoesNotReachItsKey()
    {
        var (first, owner) = await Vault.ConnectAsync("org-refused", "key-1", "value-refused");
        var second = ConnectionId.New();
        Assert.Equal(owner, (await Vault.ReserveOrgAsync("org-refused", second)).Id);

        Assert.Equal("409 org-in-use", (await Vault.AttachAsync(second, owner, TenantId.New())).Short);

        Assert.Equal("404", (await ReadAsAsync(owner, second)).Short[..3]);
        Assert.Equal("404", (await StoreAsAsync(owner, second, 2, "key-2", "another")).Short[..3]);
        Assert.Equal("200", (await Vault.ReleaseAsync(first)).Short);
    }

    [Fact]
    [Trait("security", "40")]
    public async Task WhoGoesReachesNothingThatItOnlyReserved()
    {
        var (first, owner) = await Vault.ConnectAsync("org-of-who-stays", "key-1", "value-of-who-stays");
        var second = ConnectionId.New();
        await Vault.ReserveOrgAsync("org-of-who-stays", second);
        var unproven = await Vault.ReserveOrgAsync(OwnerReservation.UnprovenOrg(second), second);
        Assert.Equal("204", (await StoreAsAsync(unproven.Id, second, 1, "key-3", "unproven")).Short);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("204", (await Vault.DetachAsync(second)).Short);
        }

        Assert.Equal("404", (await ReadAsAsync(owner, second)).Short[..3]);
        Assert.Equal("404", (await ReadAsAsync(unproven.Id, second)).Short[..3]);
        Assert.Equal(
            "shredded",
            await fixture.Database.ScalarAsync<string>("SELECT state FROM vault.owners WHERE id = $1", unproven.Id.Text)
        );
        Assert.Equal("200", (await Vault.ReleaseAsync(first)).Short);
    }

    [Fact]
    public async Task TenantsShareAnOrgWhereThatIsConfigured()
    {
        var (_, owner) = await Vault.ConnectAsync("org-shared", "key-1", "value-shared");
        await using var sharing = await VaultApp.StartAsync(
            fixture.Database.ConnectionString,
            fixture.Ring.Append(new("Sharing:AllowTenantsToShareOrg", "true")).ToDictionary()
        );
        var second = ConnectionId.New();

        Assert.Equal("204", (await sharing.AttachAsync(second, owner, TenantId.New())).Short);
        Assert.Equal("200", (await sharing.ReleaseAsync(second)).Short);
    }

    [Fact]
    public async Task OfTwoTenantsAtOnceOneGetsTheOrg()
    {
        var owner = await Vault.ReserveOrgAsync("org-race", ConnectionId.New());
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Vault.AttachAsync(ConnectionId.New(), owner.Id, TenantId.New()))
        );

        Assert.Equal(["204", .. Enumerable.Repeat("409 org-in-use", 7)], answers.Select(a => a.Short).Order());
    }

    [Fact]
    public async Task AConnectionStaysWithItsTenant()
    {
        var connection = ConnectionId.New();
        var tenant = TenantId.New();
        var owner = await Vault.ReserveOrgAsync("org-tenant", connection);

        Assert.Equal("204", (await Vault.AttachAsync(connection, owner.Id, tenant)).Short);
        Assert.Equal("204", (await Vault.AttachAsync(connection, owner.Id, tenant)).Short);
        Assert.Equal("404 no-connection", (await Vault.AttachAsync(connection, owner.Id, TenantId.New())).Short);
        Assert.Equal("404 no-owner", (await Vault.AttachAsync(connection, OwnerId.New(), tenant)).Short);
        Assert.Equal(
            "400 invalid",
            (await Vault.SendAsync(HttpMethod.Put, $"connections/{connection}/api-key-owner", new { })).Short
        );
    }

    [Fact]
    [Trait("security", "40")]
    public async Task TheLastConnectionToGoTakesTheKeyWithIt()
    {
        var tenant = TenantId.New();
        var (first, second) = (ConnectionId.New(), ConnectionId.New());
        var owner = await Vault.ReserveOrgAsync("org-last", first);
        await Vault.PutAsync(owner.Id, "api-key", 1, "key-1", "value-of-last");
        await Vault.AttachAsync(first, owner.Id, tenant);
        await Vault.AttachAsync(second, owner.Id, tenant);

        Assert.Equal("204", (await Vault.DetachAsync(first)).Short);
        Assert.Equal("404 no-api-key", (await Vault.ReleaseAsync(first)).Short);
        Assert.Equal("200", (await Vault.ReleaseAsync(second)).Short);

        Assert.Equal("204", (await Vault.DetachAsync(second)).Short);
        Assert.Equal("204", (await Vault.DetachAsync(second)).Short);
        Assert.Equal("404 no-api-key", (await Vault.ReleaseAsync(second)).Short);
        Assert.Equal("404 no-secret", (await Vault.GetAsync(owner.Id, "api-key")).Short);
        Assert.Equal(
            0,
            await fixture.Database.ScalarAsync<long>(
                "SELECT count(*) FROM owners WHERE id = $1 AND wrapped_key IS NOT NULL",
                owner.Id.Text
            )
        );
        Assert.Null((await Vault.ReserveOrgAsync("org-last", first)).ApiKeyId);
    }

    [Fact]
    [Trait("security", "40")]
    public async Task AConnectionThatMovesToAnotherOrgLeavesNoKeyBehind()
    {
        var tenant = TenantId.New();
        var connection = ConnectionId.New();
        var before = await Vault.ReserveOrgAsync("org-before", connection);
        var after = await Vault.ReserveOrgAsync("org-after", connection);
        await Vault.PutAsync(before.Id, "api-key", 1, "key-b", "value-before");
        await Vault.PutAsync(after.Id, "api-key", 1, "key-a", "value-after");
        await Vault.AttachAsync(connection, before.Id, tenant);

        Assert.Equal("204", (await Vault.AttachAsync(connection, after.Id, tenant)).Short);

        Assert.Equal(
            new ReleasedApiKey("key-a", new Secret("value-after"), VaultApp.Site),
            (await Vault.ReleaseAsync(connection)).Read<ReleasedApiKey>()
        );
        Assert.Equal("404 no-secret", (await Vault.GetAsync(before.Id, "api-key")).Short);
    }

    [Fact]
    [Trait("security", "48")]
    public async Task AReleaseIsAuditedOncePerHour()
    {
        await using var vault = await VaultApp.StartAsync(fixture.Database.ConnectionString, fixture.Ring);
        var (connection, _) = await vault.ConnectAsync("org-audited", "key-1", "value-audited");
        foreach (var minutes in new[] { 0, 1, 1, 60, 1 })
        {
            vault.Time.Advance(TimeSpan.FromMinutes(minutes));
            Assert.Equal("200", (await vault.ReleaseAsync(connection)).Short);
        }

        var page = (await vault.SendAsync(HttpMethod.Get, $"audit/{connection}")).Read<AuditPage>();
        Assert.Equal(
            ["owner.reserved", "api_key.stored", "api_key.attached", "api_key.released", "api_key.released"],
            page.Entries.Select(e => e.Event)
        );
        Assert.Equal("logs", page.Entries[^1].Service);
        Assert.Equal("key-1", page.Entries[^1].Details["subject"]);
    }

    [Fact]
    public async Task SealingKeysDifferPerCallerAndStay()
    {
        var auth = (await Vault.SendAsync(HttpMethod.Get, "sealing-keys")).Read<SealingKeys>();
        var again = (await Vault.SendAsync(HttpMethod.Get, "sealing-keys")).Read<SealingKeys>();
        var sender = (await Vault.SendAsync(HttpMethod.Get, "sealing-keys", null, Vault.Sender)).Read<SealingKeys>();

        Assert.Equal((1, 1), (auth.Current, auth.Keys.Single().Version));
        Assert.Equal(auth.Keys, again.Keys);
        Assert.NotEqual(auth.Keys, sender.Keys);
        Assert.Equal(32, Convert.FromBase64String(auth.Keys.Single().Key.Reveal()).Length);
        Assert.DoesNotContain(auth.Keys.Single().Key.Reveal(), fixture.Ring.Values);
    }

    private Task<Answer> ReadAsAsync(OwnerId owner, ConnectionId connection) =>
        Vault.SendAsync(HttpMethod.Get, $"owners/{owner}/secrets/api-key", null, Vault.Auth, connection);

    private Task<Answer> StoreAsAsync(
        OwnerId owner,
        ConnectionId connection,
        long version,
        string keyId,
        string value
    ) =>
        Vault.SendAsync(
            HttpMethod.Put,
            $"owners/{owner}/secrets/api-key",
            new StoredSecret(version, keyId, new Secret(value), VaultApp.Site),
            Vault.Auth,
            connection
        );
}
