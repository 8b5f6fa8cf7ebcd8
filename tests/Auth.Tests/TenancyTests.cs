using System.Net;
using System.Text;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.ServiceDefaults;

namespace Partner.Auth.Tests;

/// <summary>With what belongs to one tenant, nothing of another is read or changed (security 43).</summary>
public sealed class TenancyTests(World world) : IClassFixture<World>
{
    private const int Rounds = 300;

    [Fact]
    [Trait("security", "43")]
    public async Task WhateverIsAskedForOneTenantNothingOfAnotherIsAnswered()
    {
        var (a, b) = (await NewAsync(), await NewAsync());
        var chance = new Random(43);
        for (var i = 0; i < Rounds; i++)
        {
            var (method, path) = NextCall(chance, a, b);
            var answer = await new PartnerCall(method, path)
            {
                Body = method == HttpMethod.Get ? null : "{}",
            }.SendAsync(world);
            Assert.All(
                b.Marks,
                mark =>
                    Assert.False(
                        answer.Text.Contains(mark, StringComparison.Ordinal),
                        $"{method} {path} answered {answer.Text}"
                    )
            );
        }

        var (_, keys) = await world.Auth.PartnerAsync(
            HttpMethod.Get,
            $"/partner/v1/connections/{b.Connection}/ingest-keys"
        );
        Assert.Null(Assert.Single(keys!["ingest_keys"]!.AsArray())!["revoked_at"]);
        Assert.Equal("connected", (await world.Auth.ConnectionAsync(b.Tenant))["state"]!.GetValue<string>());
    }

    [Fact]
    [Trait("security", "43")]
    public async Task ATokenForOneConnectionOpensNoOther()
    {
        var (a, b) = (await NewAsync(), await NewAsync());
        foreach (
            var path in new[] { "access-token", "access-token?force=true", "access-token?connection=" + a.Connection }
        )
        {
            using var response = await world.Auth.SendAsync(
                world.Sender,
                new ServiceClaims(a.Connection.Text),
                HttpMethod.Get,
                $"/internal/v1/connections/{b.Connection}/{path}"
            );
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }

        using var check = await world.Auth.SendAsync(
            world.Sender,
            new ServiceClaims(a.Connection.Text),
            HttpMethod.Post,
            $"/internal/v1/connections/{b.Connection}/check",
            new ConnectionCheckRequest(null)
        );
        Assert.Equal(HttpStatusCode.Forbidden, check.StatusCode);
    }

    // Every path is A's; ids of B's, whole or maimed, stand wherever one may be written.
    private static (HttpMethod Method, string Path) NextCall(Random chance, Belongings a, Belongings b)
    {
        string[] foreign =
        [
            b.Tenant.Text,
            b.Connection.Text,
            b.KeyId,
            b.ExternalId,
            Maim(chance, b.Connection.Text),
            "*",
            "%25",
            "' OR true --",
        ];
        var other = Uri.EscapeDataString(foreign[chance.Next(foreign.Length)]);
        (HttpMethod, string)[] calls =
        [
            (HttpMethod.Get, $"/partner/v1/tenants/{a.Tenant}"),
            (HttpMethod.Get, $"/partner/v1/tenants/{a.Tenant}/connections?after={other}"),
            (HttpMethod.Get, $"/partner/v1/tenants/{a.Tenant}/connections?tenant={other}"),
            (HttpMethod.Get, $"/partner/v1/connections?tenant={a.Tenant}&site={other}"),
            (HttpMethod.Get, $"/partner/v1/connections?tenant={a.Tenant}&after={other}"),
            (HttpMethod.Get, $"/partner/v1/connections/{a.Connection}?connection={other}"),
            (HttpMethod.Get, $"/partner/v1/connections/{a.Connection}/ingest-keys?after={other}"),
            (HttpMethod.Get, $"/partner/v1/connections/{a.Connection}/audit?event={other}"),
            (HttpMethod.Get, $"/partner/v1/tenants?external_id={a.ExternalId}&after={other}"),
            (HttpMethod.Delete, $"/partner/v1/connections/{a.Connection}/ingest-keys/{b.KeyId}"),
            (HttpMethod.Delete, $"/partner/v1/connections/{a.Connection}/ingest-keys/{other}"),
        ];
        return calls[chance.Next(calls.Length)];
    }

    private static string Maim(Random chance, string id)
    {
        var text = new StringBuilder(id);
        text[chance.Next(text.Length)] = (char)chance.Next(32, 127);
        return text.ToString();
    }

    private async Task<Belongings> NewAsync()
    {
        var mark = Guid.CreateVersion7().ToString("N");
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {mark}");
        var (_, tenant) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/tenants",
            new { external_id = $"ext-{mark}", name = $"Name {mark}" }
        );
        var id = TenantId.Parse(tenant!["id"]!.GetValue<string>());
        await world.NewBrowser().ConnectAsync(id, org);
        var connection = ConnectionId.Parse((await world.Auth.ConnectionAsync(id))["id"]!.GetValue<string>());
        var (_, key) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            $"/partner/v1/connections/{connection}/ingest-keys",
            new { }
        );
        return new Belongings(id, $"ext-{mark}", connection, key!["id"]!.GetValue<string>(), $"Name {mark}", org.Id);
    }

    private sealed record Belongings(
        TenantId Tenant,
        string ExternalId,
        ConnectionId Connection,
        string KeyId,
        string Name,
        string Org
    )
    {
        /// <summary>What must not be seen in an answer to another tenant.</summary>
        public string[] Marks => [Tenant.Text, ExternalId, Connection.Text, KeyId, Name, Org];
    }
}
