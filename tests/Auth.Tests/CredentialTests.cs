using System.Net;
using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.Auth.Tests;

/// <summary>Credentials of the partner API, and who may make them.</summary>
public sealed class CredentialTests(World world) : IClassFixture<World>
{
    [Fact]
    [Trait("security", "39")]
    public async Task ATokenIsShownOnceAndKeptAsAHash()
    {
        var created = await CreateAsync("backend-1", "manage");
        var (id, token) = (created["id"]!.GetValue<Guid>(), created["token"]!.GetValue<string>());
        Assert.Matches("^dap_[A-Za-z0-9_-]{43}$", token);

        var (_, listed) = await world.Auth.PartnerAsync(
            HttpMethod.Get,
            "/partner/v1/credentials?limit=200",
            role: "read"
        );
        var view = listed!["credentials"]!.AsArray().Single(c => c!["id"]!.GetValue<Guid>() == id)!;
        Assert.Equal(
            ("backend-1", "manage", token[..8], "partner:test", null, null),
            (
                view["name"]!.GetValue<string>(),
                view["role"]!.GetValue<string>(),
                view["prefix"]!.GetValue<string>(),
                view["created_by"]!.GetValue<string>(),
                view["last_used_at"]?.ToString(),
                view["revoked_at"]?.ToString()
            )
        );
        Assert.DoesNotContain(token[8..], listed.ToJsonString());
        Assert.DoesNotContain(token[8..], world.Logs.Text);
        Assert.Equal(
            0,
            await world.Database.ScalarAsync<long>(
                "SELECT count(*) FROM partner_credentials c WHERE strpos(c::text, $1) > 0",
                token[8..]
            )
        );
        Assert.Contains(
            new PartnerCredentialEntry(id, "backend-1", OpaqueTokens.Hash(token), "manage"),
            (await LiveAsync()).Credentials
        );
    }

    [Fact]
    public async Task ARevokedCredentialLeavesTheGatewaysListAtOnceAndStaysInTheRecord()
    {
        var id = (await CreateAsync("short-lived", "read"))["id"]!.GetValue<Guid>();
        Assert.Contains((await LiveAsync()).Credentials, c => c.Id == id);

        var path = $"/partner/v1/credentials/{id}";
        Assert.Equal(HttpStatusCode.NoContent, (await world.Auth.PartnerAsync(HttpMethod.Delete, path)).Status);

        Assert.DoesNotContain((await LiveAsync()).Credentials, c => c.Id == id);
        Assert.Equal(HttpStatusCode.NotFound, (await world.Auth.PartnerAsync(HttpMethod.Delete, path)).Status);
        var (_, listed) = await world.Auth.PartnerAsync(HttpMethod.Get, "/partner/v1/credentials?limit=200");
        var view = listed!["credentials"]!.AsArray().Single(c => c!["id"]!.GetValue<Guid>() == id)!;
        Assert.Equal("partner:test", view["revoked_by"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"name":"x","role":"admin"}""", "role")]
    [InlineData("""{"name":"x"}""", "role")]
    [InlineData("""{"name":"Two words","role":"read"}""", "name")]
    [InlineData("""{"name":"x\n","role":"read"}""", "name")]
    public async Task AWrongCredentialNamesItsField(string body, string field)
    {
        var answer = await new PartnerCall(HttpMethod.Post, "/partner/v1/credentials") { Body = body }.SendAsync(world);

        Assert.Equal((HttpStatusCode.BadRequest, "bad-request"), (answer.Status, answer.Type));
        Assert.Equal([field], answer.Body!["errors"]!.AsObject().Select(e => e.Key));
    }

    [Fact]
    public async Task OnlyManageChangesAnything()
    {
        var id = (await CreateAsync("kept", "read"))["id"]!.GetValue<Guid>();
        (HttpMethod Method, string Path)[] changes =
        [
            (HttpMethod.Post, "/partner/v1/credentials"),
            (HttpMethod.Delete, $"/partner/v1/credentials/{id}"),
            (HttpMethod.Post, "/partner/v1/tenants"),
            (HttpMethod.Patch, $"/partner/v1/tenants/{TenantId.New()}"),
            (HttpMethod.Delete, $"/partner/v1/tenants/{TenantId.New()}"),
            (HttpMethod.Delete, $"/partner/v1/connections/{ConnectionId.New()}"),
            (HttpMethod.Post, $"/partner/v1/connections/{ConnectionId.New()}/ingest-keys"),
            (HttpMethod.Delete, $"/partner/v1/connections/{ConnectionId.New()}/ingest-keys/{Guid.CreateVersion7()}"),
        ];
        foreach (var role in new[] { "read", "admin", "" })
        {
            foreach (var (method, path) in changes)
            {
                var call = new PartnerCall(method, path)
                {
                    Body = """{"name":"x","role":"read","external_id":"x"}""",
                    Role = role,
                    Key = Guid.CreateVersion7().ToString(),
                };
                var answer = await call.SendAsync(world);
                Assert.Equal((method, path, HttpStatusCode.Forbidden), (method, path, answer.Status));
            }
        }

        Assert.Contains((await LiveAsync()).Credentials, c => c.Id == id);
    }

    [Fact]
    public async Task UsesAreKeptToAboutAMinute()
    {
        var id = (await CreateAsync("used", "read"))["id"]!.GetValue<Guid>();

        await ReportAsync(id);
        var first = await LastUsedAsync(id);
        await ReportAsync(id);

        Assert.Equal(first, await LastUsedAsync(id));
        await world.Database.ExecuteAsync(
            "UPDATE partner_credentials SET last_used_at = last_used_at - interval '1 minute' WHERE id = $1",
            id
        );
        var older = await LastUsedAsync(id);
        await ReportAsync(id);
        Assert.True(await LastUsedAsync(id) > older);
    }

    private async Task<System.Text.Json.Nodes.JsonNode> CreateAsync(string name, string role)
    {
        var (status, body) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/credentials",
            new { name, role }
        );
        Assert.Equal(HttpStatusCode.Created, status);
        return body!;
    }

    private async Task<PartnerCredentialList> LiveAsync()
    {
        using var response = await world.Auth.SendAsync(
            world.Gateway,
            ServiceClaims.None,
            HttpMethod.Get,
            "/internal/v1/partner-credentials"
        );
        response.EnsureSuccessStatusCode();
        return (
            await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync<PartnerCredentialList>(
                response.Content
            )
        )!;
    }

    private async Task ReportAsync(Guid credential)
    {
        using var response = await world.Auth.SendAsync(
            world.Gateway,
            ServiceClaims.None,
            HttpMethod.Post,
            "/internal/v1/key-uses",
            new KeyUses([], [credential])
        );
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private Task<DateTime> LastUsedAsync(Guid id) =>
        world.Database.ScalarAsync<DateTime>("SELECT last_used_at FROM partner_credentials WHERE id = $1", id);
}
