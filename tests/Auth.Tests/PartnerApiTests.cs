using System.Net;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.ServiceDefaults;

namespace Partner.Auth.Tests;

/// <summary>Tenants, ingest keys, their feed, and who may do what.</summary>
public sealed class PartnerApiTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task ATenantIsOnePerExternalId()
    {
        var (first, created) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/tenants",
            new { external_id = "one", name = "One" }
        );
        var (second, renamed) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/tenants",
            new { external_id = "one", name = "Uno" }
        );
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first, second));
        Assert.Equal(created!["id"]!.GetValue<string>(), renamed!["id"]!.GetValue<string>());
        var (_, found) = await world.Auth.PartnerAsync(
            HttpMethod.Get,
            $"/partner/v1/tenants/{created["id"]}",
            role: "read"
        );
        Assert.Equal("Uno", found!["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("read", "/partner/v1/tenants", HttpStatusCode.Forbidden)]
    [InlineData("nobody", "/partner/v1/tenants", HttpStatusCode.Forbidden)]
    [InlineData("read", "/partner/v1/connect-sessions", HttpStatusCode.Forbidden)]
    [InlineData("nobody", "/partner/v1/connect-sessions", HttpStatusCode.Forbidden)]
    [InlineData(
        "manage",
        "/partner/v1/connections/con_00000000000000000000000000000000/ingest-keys",
        HttpStatusCode.NotFound
    )]
    public async Task WhatIsNotAllowedOrNotThereIsRefused(string role, string path, HttpStatusCode expected) =>
        Assert.Equal(
            expected,
            (await world.Auth.PartnerAsync(HttpMethod.Post, path, new { external_id = "x", name = "x" }, role)).Status
        );

    [Theory]
    [InlineData("""{"external_id":"","name":"x"}""")]
    [InlineData("""{"external_id":"x"}""")]
    [InlineData("{")]
    public async Task AnInvalidTenantIsABadRequest(string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Auth.Url, "/partner/v1/tenants"));
        request.Content = new StringContent(body, null, "application/json");
        request.Headers.Authorization = new(
            "Bearer",
            world.Gateway.TokenFor("auth", new ServiceClaims(Actor: "test", Role: "manage"))
        );
        using var response = await AuthInstance.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    [Trait("security", "44")]
    public async Task EachCallerMayDoWhatItIsNamedFor()
    {
        var id = await NewConnectionAsync();
        var (other, path) = (ConnectionId.New(), $"/internal/v1/connections/{id}/access-token");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(world.Gateway, new ServiceClaims(id.Text), path));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(world.Sender, new ServiceClaims(other.Text), path));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(world.Sender, ServiceClaims.None, path));
        Assert.Equal(
            HttpStatusCode.Forbidden,
            await StatusAsync(world.Sender, ServiceClaims.None, "/internal/v1/ingest-keys?after=0")
        );
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(world.Sender, ServiceClaims.None, "/connect"));
        Assert.Equal(
            HttpStatusCode.OK,
            await StatusAsync(world.Sender, ServiceClaims.None, $"/internal/v1/connections/{id}")
        );
    }

    [Fact]
    [Trait("security", "39")]
    public async Task AnIngestKeyIsShownOnceAndTheFeedTellsItsLife()
    {
        var id = await NewConnectionAsync();
        var (status, created) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            $"/partner/v1/connections/{id}/ingest-keys",
            new { strict = true }
        );
        var (keyId, key) = (created!["id"]!.GetValue<string>(), created["key"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Matches("^[0-9a-f]{32}$", key);

        var (_, listed) = await world.Auth.PartnerAsync(
            HttpMethod.Get,
            $"/partner/v1/connections/{id}/ingest-keys",
            role: "read"
        );
        Assert.Equal(key[..4], listed!["ingest_keys"]!.AsArray().Single()!["prefix"]!.GetValue<string>());
        Assert.DoesNotContain(key, listed.ToJsonString());
        Assert.DoesNotContain(key, world.Logs.Text);

        var page = await world.Auth.FeedAsync(0);
        var org = await world.Database.ScalarAsync<string>("SELECT org FROM connections WHERE id = $1", id.Text);
        Assert.Equal(
            new IngestKeyEntry(keyId, OpaqueTokens.Hash(key), id, true, true, org),
            page.Keys.Single(k => k.KeyId == keyId)
        );
        Assert.Empty((await world.Auth.FeedAsync(page.Version)).Keys);

        Assert.Equal(
            HttpStatusCode.NoContent,
            (
                await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}/ingest-keys/{keyId}")
            ).Status
        );
        Assert.Equal(
            HttpStatusCode.NotFound,
            (
                await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}/ingest-keys/{keyId}")
            ).Status
        );
        var change = await world.Auth.FeedAsync(page.Version);
        Assert.Equal((false, keyId), (change.Keys.Single().Live, change.Keys.Single().KeyId));
        Assert.DoesNotContain((await world.Auth.FeedAsync(0)).Keys, k => k.KeyId == keyId);
        Assert.True(change.Version > page.Version);
    }

    [Fact]
    public async Task TheFeedNeverSkipsAChangeThatCommitsLate()
    {
        var id = await NewConnectionAsync();
        var seen = new HashSet<string>();
        var version = (await world.Auth.FeedAsync(0)).Version;
        var made = Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(_ =>
                    world.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/connections/{id}/ingest-keys", new { })
                )
        );
        while (!made.IsCompleted)
        {
            await PollAsync();
        }

        await PollAsync();
        Assert.Equal((await made).Select(m => m.Body!["id"]!.GetValue<string>()).Order(), seen.Order());

        async Task PollAsync()
        {
            var page = await world.Auth.FeedAsync(version);
            (version, _) = (page.Version, page.Keys.Select(k => seen.Add(k.KeyId)).ToList());
        }
    }

    private async Task<ConnectionId> NewConnectionAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(tenant, org);
        return ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
    }

    private async Task<HttpStatusCode> StatusAsync(Testing.ServiceIdentity caller, ServiceClaims claims, string path)
    {
        using var response = await world.Auth.SendAsync(caller, claims, HttpMethod.Get, path);
        return response.StatusCode;
    }
}
