using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Partner.Sandbox.Tests;

public sealed class AdminTests
{
    [Fact]
    public async Task TheAuthorityIsHandedOut()
    {
        await using var world = await World.StartAsync();

        var pem = await GetAsync(world, "/_sandbox/ca.pem");

        Assert.Equal(world.Sandbox.Authority.Thumbprint, X509Certificate2.CreateFromPem(pem.Body).Thumbprint);
        Assert.DoesNotContain("PRIVATE", pem.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("both", "?domain=us3.datadoghq.com&site=https%3A%2F%2Fus3.datadoghq.com")]
    [InlineData("domain", "?domain=us3.datadoghq.com")]
    [InlineData("site", "?site=https%3A%2F%2Fus3.datadoghq.com")]
    [InlineData("none", "")]
    public async Task TheTileOpensTheOnboardingUrl(string onboarding, string query)
    {
        await using var world = await World.StartAsync();
        world.Set($$"""{"onboarding":"{{onboarding}}"}""");

        var reply = await GetAsync(world, "/_sandbox/tile?site=us3");

        Assert.Equal((302, World.OnboardingUrl + query), ((int)reply.Status, reply.Location!.OriginalString));
    }

    [Fact]
    public async Task ASettingIsChangedByNameAndAnUnknownOneIsRefused()
    {
        await using var world = await World.StartAsync();

        var known = await SendAsync(world, HttpMethod.Patch, "/_sandbox/settings", new { rotate = "grace" });
        var unknown = await SendAsync(world, HttpMethod.Patch, "/_sandbox/settings", new { rotation = "grace" });

        Assert.Equal((200, 400), ((int)known.Status, (int)unknown.Status));
        Assert.Equal(new Settings { Rotate = Rotation.Grace }, world.State.Settings);
    }

    [Fact]
    public async Task AnOrgIsMadeShownAndDisabled()
    {
        await using var world = await World.StartAsync();

        var made = await SendAsync(world, HttpMethod.Post, "/_sandbox/orgs", new { site = "eu1", name = "New" });
        var nowhere = await SendAsync(world, HttpMethod.Post, "/_sandbox/orgs", new { site = "mars", name = "New" });
        var org = world.State.Orgs.Find("New")!;
        var issued = await new OAuthFlow(world).ConnectAsync(org);
        await world.MintAsync("EU1", issued.Access);
        await SendAsync(world, HttpMethod.Put, $"/_sandbox/orgs/{org.Id}/app", new { disabled = true });
        var deleted = await SendAsync(world, HttpMethod.Delete, $"/_sandbox/orgs/{org.Id}/keys/{org.Keys.Single().Id}");

        Assert.Equal((201, 400, 204), ((int)made.Status, (int)nowhere.Status, (int)deleted.Status));
        var shown = (await GetAsync(world, "/_sandbox/orgs")).Json.EnumerateArray().Last();
        Assert.Equal(
            ("EU1", "New", org.Id, true, false, true),
            (
                shown.GetProperty("site").GetString(),
                shown.GetProperty("name").GetString(),
                shown.GetProperty("id").GetString(),
                shown.GetProperty("appDisabled").GetBoolean(),
                shown.GetProperty("keys")[0].GetProperty("live").GetBoolean(),
                shown.GetProperty("grants")[0].GetProperty("revoked").GetBoolean()
            )
        );
    }

    [Fact]
    public async Task AKeyIsMadeWithoutOAuthAsOftenAsItIsAskedForAndWorksUntilItIsDeleted()
    {
        await using var world = await World.StartAsync();
        var org = world.OrgAt("US3");

        var made = await SendAsync(world, HttpMethod.Post, $"/_sandbox/orgs/{org.Oid}/keys");
        var another = await SendAsync(world, HttpMethod.Post, $"/_sandbox/orgs/{org.Oid}/keys");
        var nobodys = await SendAsync(world, HttpMethod.Post, "/_sandbox/orgs/nobody/keys");
        var key = made.Json.GetProperty("key").GetString()!;
        var id = made.Json.GetProperty("id").GetString();
        var here = await world.LogsAsync("US3", key, "[{}]");
        var elsewhere = await world.LogsAsync("US5", key, "[{}]");
        await SendAsync(world, HttpMethod.Delete, $"/_sandbox/orgs/{org.Oid}/keys/{id}");
        var deleted = await world.LogsAsync("US3", key, "[{}]");

        Assert.Equal((201, 201, 404), ((int)made.Status, (int)another.Status, (int)nobodys.Status));
        Assert.NotEqual(key, another.Json.GetProperty("key").GetString());
        Assert.Equal((202, 403, 403), ((int)here.Status, (int)elsewhere.Status, (int)deleted.Status));
        Assert.Equal("api-key", world.State.Issued.All[key]);
    }

    [Fact]
    public async Task ArrivalsAreReadAndClearedOverHttp()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        await world.LogsAsync("US1", key, """[{"message":"one"},{"message":"two"}]""");
        var org = world.OrgAt("US1").Id;

        var items = await GetAsync(world, $"/_sandbox/arrivals/items?org={org}&type=logs");
        var arrivals = (await GetAsync(world, "/_sandbox/arrivals")).Json[0];
        await SendAsync(world, HttpMethod.Delete, "/_sandbox/arrivals");

        Assert.Equal("{\"message\":\"one\"}\n{\"message\":\"two\"}\n", items.Body);
        Assert.Equal((1, 2), (arrivals.GetProperty("requests").GetInt32(), arrivals.GetProperty("items").GetInt32()));
        Assert.Equal("[]", (await GetAsync(world, "/_sandbox/arrivals")).Body);
    }

    [Fact(Timeout = 30_000)]
    public async Task HoldsAndFaultsAreSetOverHttp()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        await SendAsync(
            world,
            HttpMethod.Post,
            "/_sandbox/faults",
            new
            {
                action = "status",
                status = 503,
                count = 1,
            }
        );
        var faulty = await world.LogsAsync("US1", key, "[{}]");
        await SendAsync(world, HttpMethod.Post, "/_sandbox/hold", new { site = "us1", path = "/api/v2/logs" });
        var held = world.LogsAsync("US1", key, "[{}]");
        await world.State.Holds.WaitForAsync(1, World.Token);
        var waiting = await GetAsync(world, "/_sandbox/hold");
        await SendAsync(world, HttpMethod.Post, "/_sandbox/release");

        Assert.Equal((503, """{"count":1}""", 202), ((int)faulty.Status, waiting.Body, (int)(await held).Status));
    }

    [Fact(Timeout = 30_000)]
    public async Task AFaultOfWhatABodyHoldsIsSetOverHttp()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        await SendAsync(world, HttpMethod.Post, "/_sandbox/faults", new { action = "status", contains = "poison" });

        Assert.Equal(
            (500, 202),
            (
                (int)(await world.LogsAsync("US1", key, """[{"message":"poison"}]""")).Status,
                (int)(await world.LogsAsync("US1", key, "[{}]")).Status
            )
        );
    }

    [Fact]
    public async Task ASecretIsRotatedOverHttp()
    {
        await using var world = await World.StartAsync();

        var reply = await SendAsync(world, HttpMethod.Post, $"/_sandbox/clients/{World.ClientId}/secret");

        var client = world.State.FindClient(World.ClientId)!;
        var renewed = reply.Json.GetProperty("secret").GetString();
        Assert.Equal((true, false), (client.IsSecret(renewed), client.IsSecret(World.Secret)));
    }

    [Fact]
    public async Task TheJournalNamesTheFactAndNoSecret()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        await world.LogsAsync("US3", key, "[{}]");

        var journal = await GetAsync(world, "/_sandbox/requests");

        var last = journal.Json.EnumerateArray().Last();
        Assert.Equal(
            (
                "http-intake.logs.us3.datadoghq.com",
                "/api/v2/logs",
                403,
                "datadog-facts 3.3: 403 bad key, or a key of another site"
            ),
            (
                last.GetProperty("host").GetString(),
                last.GetProperty("path").GetString(),
                last.GetProperty("status").GetInt32(),
                last.GetProperty("fact").GetString()
            )
        );
        Assert.DoesNotContain(key, journal.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(World.Secret, journal.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheHomePageLinksTheTileOfEveryOrg()
    {
        await using var world = await World.StartAsync();

        var page = await GetAsync(world, "/");

        Assert.All(
            world.State.Orgs.All,
            org =>
                Assert.Contains(
                    $"/_sandbox/tile?org={org.Id}&amp;client={World.ClientId}",
                    page.Body,
                    StringComparison.Ordinal
                )
        );
    }

    private static Task<Reply> GetAsync(World world, string path) => SendAsync(world, HttpMethod.Get, path);

    private static Task<Reply> SendAsync(World world, HttpMethod method, string path, object? body = null) =>
        world.SendAsync(
            new HttpRequestMessage(method, new Uri(world.Sandbox.Pages, path))
            {
                Content = body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web),
            }
        );
}
