using System.Net;
using System.Text.Json.Nodes;
using Partner.Contracts;

namespace Partner.Auth.Tests;

/// <summary>What is done to endpoints, credentials and tenants belongs to no connection, and stands in a chain of its own.</summary>
public sealed class PartnerTrailTests(World world) : IClassFixture<World>
{
    private const string Trail = "/partner/v1/audit";

    [Fact]
    [Trait("security", "48")]
    public async Task WhatIsDoneToAnEndpointIsOnRecordWithoutItsSecretsAndPath()
    {
        var (_, made) = await DoAsync(
            HttpMethod.Post,
            "/partner/v1/webhooks",
            new
            {
                url = "https://hooks.partner.example:8443/services/T00/path-that-is-a-secret?token=query-that-is-a-secret",
                types = new[] { "connection.connected", "connection.disconnected" },
            }
        );
        var id = Text(made, "id");
        var (_, rotated) = await DoAsync(HttpMethod.Post, $"/partner/v1/webhooks/{id}/secret");
        await DoAsync(HttpMethod.Post, $"/partner/v1/webhooks/{id}/enable");
        await DoAsync(HttpMethod.Post, $"/partner/v1/webhooks/{id}/replay", new { from = "2026-01-02T03:04:05Z" });
        await DoAsync(HttpMethod.Delete, $"/partner/v1/webhooks/{id}");

        var entries = await OfAsync("webhook", id);
        Assert.Equal(
            [
                $$"""webhook.created partner:test {"host":"hooks.partner.example:8443","types":"connection.connected connection.disconnected","webhook":"{{id}}"}""",
                $$"""webhook.secret_rotated partner:test {"webhook":"{{id}}"}""",
                $$"""webhook.enabled partner:test {"webhook":"{{id}}"}""",
                $$"""webhook.replayed partner:test {"events":"0","from":"2026-01-02T03:04:05.0000000\u002B00:00","webhook":"{{id}}"}""",
                $$"""webhook.deleted partner:test {"webhook":"{{id}}"}""",
            ],
            entries.Select(e => $"{e["event"]} {e["actor"]} {e["details"]!.ToJsonString()}")
        );
        string[] secrets =
        [
            "path-that-is-a-secret",
            "query-that-is-a-secret",
            Text(made, "secret"),
            Text(rotated, "secret"),
        ];
        var stored = await world.VaultScalarAsync<string>(
            "SELECT string_agg(details, ' ') FROM audit WHERE connection = $1",
            AuditChainId.Partner.Text
        );
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, stored));
    }

    [Fact]
    [Trait("security", "48")]
    public async Task WhoMakesAndRevokesACredentialIsOnRecordWithoutItsToken()
    {
        var (_, made) = await DoAsync(
            HttpMethod.Post,
            "/partner/v1/credentials",
            new { name = "billing", role = "read" }
        );
        var id = Text(made, "id");
        await DoAsync(HttpMethod.Delete, $"/partner/v1/credentials/{id}");

        Assert.Equal(
            [
                $$"""credential.created partner:test {"credential":"{{id}}","name":"billing","role":"read"}""",
                $$"""credential.revoked partner:test {"credential":"{{id}}"}""",
            ],
            (await OfAsync("credential", id)).Select(e => $"{e["event"]} {e["actor"]} {e["details"]!.ToJsonString()}")
        );
        Assert.Equal(
            0L,
            await world.VaultScalarAsync<long>(
                "SELECT count(*) FROM audit a WHERE strpos(a::text, $1) > 0",
                Text(made, "token")[8..]
            )
        );
    }

    [Theory]
    [Trait("security", "48")]
    [InlineData("/partner/v1/tenants")]
    [InlineData("/partner/v1/connect-sessions")]
    public async Task ATenantIsOnRecordFromItsFirstDayToItsLastByItsIdAlone(string path)
    {
        var external = $"customer-{Guid.CreateVersion7():N}";
        var (_, made) = await DoAsync(HttpMethod.Post, path, new { external_id = external, name = "Night Owls" });
        var id = Text(made, path.EndsWith("tenants", StringComparison.Ordinal) ? "id" : "tenant");
        // That it is there already is no news.
        await DoAsync(HttpMethod.Post, path, new { external_id = external, name = "Night Owls" });
        await DoAsync(HttpMethod.Delete, $"/partner/v1/tenants/{id}");

        Assert.Equal(["tenant.created", "tenant.deleted"], (await OfAsync("tenant", id)).Select(e => Text(e, "event")));
        Assert.Equal(
            0L,
            await world.VaultScalarAsync<long>(
                "SELECT count(*) FROM audit WHERE strpos(details, $1) > 0 OR strpos(details, 'Night Owls') > 0",
                external
            )
        );
    }

    [Fact]
    public async Task WhatIsRefusedIsNotOnRecordAndThePartnersChainIsNoConnections()
    {
        var before = await CountAsync();
        var unknown = Guid.CreateVersion7();
        foreach (
            var (method, path, body) in ((HttpMethod, string, object?)[])
                [
                    (HttpMethod.Delete, $"/partner/v1/webhooks/{unknown}", null),
                    (HttpMethod.Post, $"/partner/v1/webhooks/{unknown}/secret", new { }),
                    (HttpMethod.Post, "/partner/v1/webhooks", new { url = "https://10.0.0.8/x" }),
                    (HttpMethod.Delete, $"/partner/v1/credentials/{unknown}", null),
                    (HttpMethod.Delete, $"/partner/v1/tenants/{TenantId.New()}", null),
                    (HttpMethod.Get, $"/partner/v1/connections/{AuditChainId.Partner}/audit", null),
                ]
        )
        {
            Assert.True((await world.Auth.PartnerAsync(method, path, body)).Status >= HttpStatusCode.BadRequest);
        }

        Assert.Equal(
            HttpStatusCode.Forbidden,
            (
                await world.Auth.PartnerAsync(
                    HttpMethod.Post,
                    "/partner/v1/credentials",
                    new { name = "x", role = "read" },
                    role: "read"
                )
            ).Status
        );
        Assert.Equal(before, await CountAsync());
    }

    private Task<long> CountAsync() =>
        world.VaultScalarAsync<long>("SELECT count(*) FROM audit WHERE connection = $1", AuditChainId.Partner.Text);

    /// <summary>Of the trail, as a credential that may only read sees it, what names this thing.</summary>
    private async Task<List<JsonNode>> OfAsync(string kind, string id)
    {
        var (found, next) = (new List<JsonNode>(), "0");
        while (next is not null)
        {
            var (status, body) = await world.Auth.PartnerAsync(
                HttpMethod.Get,
                $"{Trail}?event={kind}&limit=2&after={next}",
                role: "read"
            );
            Assert.Equal(HttpStatusCode.OK, status);
            found.AddRange(
                body!["entries"]!.AsArray().Select(e => e!).Where(e => e["details"]![kind]?.ToString() == id)
            );
            next = body["next"]?.ToString();
        }

        return found;
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> DoAsync(
        HttpMethod method,
        string path,
        object? body = null
    )
    {
        var (status, answer) = await world.Auth.PartnerAsync(method, path, body);
        Assert.InRange((int)status, 200, 299);
        return (status, answer!);
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
