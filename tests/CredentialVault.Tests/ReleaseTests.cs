using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

/// <summary>
/// Who is given which secret for which connection: every caller, every kind, every relation of the token's connection to
/// the secret. What is not in <see cref="Allowed"/> has to be refused.
/// </summary>
[Trait("security", "44")]
public sealed class ReleaseTests(VaultFixture fixture)
{
    private static readonly string[] Callers = ["auth", "logs", "gateway", "operator", "a stranger", "nobody"];
    private static readonly string[] Kinds =
    [
        "api-key",
        "refresh-token",
        "refresh-token?version=1",
        "release",
        "sealing-keys",
    ];
    private static readonly string[] Claims =
    [
        "its own",
        "another of the tenant",
        "another tenant's",
        "none",
        "its own, for another callee",
        "its own, expired",
    ];

    private static readonly HashSet<(string Caller, string Kind, string Claim)> Allowed =
    [
        ("auth", "api-key", "its own"),
        ("auth", "refresh-token", "its own"),
        ("auth", "refresh-token?version=1", "its own"),
        ("logs", "release", "its own"),
        // Derived for the caller alone, and about no connection.
        .. from caller in new[] { "auth", "logs" }
        from claim in Claims
        where !claim.Contains(',', StringComparison.Ordinal)
        select (caller, "sealing-keys", claim),
    ];

    public static TheoryData<string, string> Cells =>
        new(from caller in Callers from kind in Kinds select (caller, kind));

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task ASecretIsReleasedOnlyToItsCallerOfItsKindForItsConnection(string caller, string kind)
    {
        var vault = fixture.Vault;
        var tenant = TenantId.New();
        var (mine, apiKeys, tokens) = await ConnectAsync(vault, tenant);
        var (sibling, _, _) = await ConnectAsync(vault, tenant);
        var (other, _, _) = await ConnectAsync(vault, TenantId.New());
        var (method, path) = kind switch
        {
            "release" => (HttpMethod.Post, $"connections/{mine}/api-key/release"),
            "sealing-keys" => (HttpMethod.Get, kind),
            "api-key" => (HttpMethod.Get, $"owners/{apiKeys}/secrets/{kind}"),
            _ => (HttpMethod.Get, $"owners/{tokens}/secrets/{kind}"),
        };
        foreach (var claim in Claims)
        {
            var connection = claim switch
            {
                "another of the tenant" => sibling,
                "another tenant's" => other,
                "none" => (ConnectionId?)null,
                _ => mine,
            };
            var answer = await vault.SendAsync(method, path, null, Token(vault, caller, claim, connection));

            var allowed = Allowed.Contains((caller, kind, claim));
            Assert.True(allowed == ((int)answer.Status == 200), $"{caller}, {kind}, {claim}: {answer.Short}");
            Assert.Equal(
                allowed && kind != "sealing-keys",
                answer.Body.Contains($"secret-of-{mine}", StringComparison.Ordinal)
            );
            Assert.DoesNotContain("secret-of", allowed ? "" : answer.Body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("PUT", "api-key")]
    [InlineData("PUT", "refresh-token")]
    [InlineData("DELETE", "")]
    public async Task NorIsAnythingWrittenForAnotherConnection(string method, string kind)
    {
        var vault = fixture.Vault;
        var (mine, apiKeys, tokens) = await ConnectAsync(vault, TenantId.New());
        var (other, _, _) = await ConnectAsync(vault, TenantId.New());
        var owner = kind == "api-key" ? apiKeys : tokens;
        var path = kind.Length == 0 ? $"owners/{owner}" : $"owners/{owner}/secrets/{kind}";
        var body =
            kind.Length == 0 ? null : new StoredSecret(9, kind == "api-key" ? "key" : null, new Secret("forged"));

        Assert.Equal("404 no-owner", (await vault.SendAsync(new(method), path, body, vault.Auth, other)).Short);
        Assert.Equal(
            "404 no-owner",
            (await vault.SendAsync(new(method), path, body, vault.Auth.TokenFor("vault"))).Short
        );
        Assert.Equal(
            new ReleasedApiKey("key", new Secret($"secret-of-{mine}"), VaultApp.Site),
            (await vault.ReleaseAsync(mine)).Read<ReleasedApiKey>()
        );
        Assert.Equal(
            new StoredSecret(2, null, new Secret($"secret-of-{mine}.2")),
            (await vault.GetAsync(tokens, "refresh-token")).Read<StoredSecret>()
        );
    }

    [Fact]
    public async Task NorIsAConnectionReservedAttachedDetachedOrAuditedForByAnothersToken()
    {
        var vault = fixture.Vault;
        var (mine, apiKeys, _) = await ConnectAsync(vault, TenantId.New());
        var (other, _, _) = await ConnectAsync(vault, TenantId.New());
        Answer[] answers =
        [
            await vault.SendAsync(HttpMethod.Post, "owners", OwnerReservation.ForConnection(mine), vault.Auth, other),
            await vault.SendAsync(
                HttpMethod.Put,
                $"connections/{mine}/api-key-owner",
                new ApiKeyOwner(apiKeys, TenantId.New()),
                vault.Auth,
                other
            ),
            await vault.SendAsync(HttpMethod.Delete, $"connections/{mine}/api-key-owner", null, vault.Auth, other),
            await vault.SendAsync(
                HttpMethod.Post,
                "audit",
                new AuditEvent(mine, "test.forged", "someone"),
                vault.Auth,
                other
            ),
        ];

        Assert.All(answers, answer => Assert.Equal("403 other-connection", answer.Short));
        Assert.Equal("200", (await vault.ReleaseAsync(mine)).Short);
    }

    /// <summary>Two connections of a tenant share a key; whoever leaves reads it no more, and cannot shred it.</summary>
    [Fact]
    [Trait("security", "40")]
    public async Task AConnectionThatWasDetachedReadsNoKeyThatOthersStillUse()
    {
        var vault = fixture.Vault;
        var tenant = TenantId.New();
        var (first, owner, _) = await ConnectAsync(vault, tenant);
        var second = ConnectionId.New();
        Assert.Equal("204", (await vault.AttachAsync(second, owner, tenant)).Short);
        var path = $"owners/{owner}/secrets/api-key";
        Assert.Equal("200", (await vault.SendAsync(HttpMethod.Get, path, null, vault.Auth, second)).Short);
        Assert.Equal(
            "404 no-owner",
            (await vault.SendAsync(HttpMethod.Delete, $"owners/{owner}", null, vault.Auth, second)).Short
        );

        Assert.Equal("204", (await vault.DetachAsync(second)).Short);

        Assert.Equal("404 no-secret", (await vault.SendAsync(HttpMethod.Get, path, null, vault.Auth, second)).Short);
        Assert.Equal("200", (await vault.ReleaseAsync(first)).Short);
    }

    private static async Task<(ConnectionId Connection, OwnerId ApiKeys, OwnerId Tokens)> ConnectAsync(
        VaultApp vault,
        TenantId tenant
    )
    {
        var connection = ConnectionId.New();
        var keys = await vault.ReserveOrgAsync($"org-of-{connection}", connection);
        var tokens = await vault.ReserveConnectionAsync(connection);
        Assert.Equal("204", (await vault.PutAsync(keys.Id, "api-key", 1, "key", $"secret-of-{connection}")).Short);
        Assert.Equal(
            "204",
            (await vault.PutAsync(tokens.Id, "refresh-token", 1, null, $"secret-of-{connection}.1")).Short
        );
        Assert.Equal(
            "204",
            (await vault.PutAsync(tokens.Id, "refresh-token", 2, null, $"secret-of-{connection}.2")).Short
        );
        Assert.Equal("204", (await vault.AttachAsync(connection, keys.Id, tenant)).Short);
        return (connection, keys.Id, tokens.Id);
    }

    private static string? Token(VaultApp vault, string caller, string claim, ConnectionId? connection)
    {
        if (caller == "nobody")
        {
            return null;
        }

        var claims = new ServiceClaims(connection?.Text);
        var audience = claim.EndsWith("callee", StringComparison.Ordinal) ? "auth" : "vault";
        if (caller == "a stranger")
        {
            using var stranger = new ServiceIdentity("auth", vault.Time);
            return stranger.TokenFor(audience, claims);
        }

        var identity = caller switch
        {
            "auth" => vault.Auth,
            "logs" => vault.Sender,
            "gateway" => vault.Nobody,
            _ => vault.Operator,
        };
        return claim.EndsWith("expired", StringComparison.Ordinal)
            ? identity.ExpiredTokenFor(audience, claims)
            : identity.TokenFor(audience, claims);
    }
}
