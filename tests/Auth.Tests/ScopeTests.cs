using System.Net;
using System.Text.Json.Nodes;
using Partner.Auth.Connections;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Testing;

namespace Partner.Auth.Tests;

/// <summary>What a grant may do: compared with what is needed, and tried.</summary>
public sealed class ScopeTests(World world) : IClassFixture<World>, IAsyncLifetime
{
    private AuthInstance _auth = null!;

    public async ValueTask InitializeAsync()
    {
        var scopes = ClientProfile.TileScopes.Select((scope, i) => ($"Clients:default:Scopes:{i}", (string?)scope));
        _auth = await world.StartAuthAsync(null, [.. scopes]);
        world.Datadog.Clients.Single().Scopes = ClientProfile.TileScopes;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("security", "16")]
    public void TheNeededScopesAreExactlyTheTiles()
    {
        var file = JsonNode.Parse(File.ReadAllText(Repository.PathOf("assets/oauth_clients.json")))!;
        var scopes = file["integration"]!["scopes"]!.AsArray().Select(s => s!.GetValue<string>());
        Assert.Equal(scopes, ClientProfile.TileScopes);
        Assert.Equal(ClientProfile.TileScopes, ClientProfile.Of("p", new ClientOptions(), new AuthOptions()).Scopes);
        // Every one is for something, and nothing needs another.
        Assert.Equal(
            ClientProfile.TileScopes,
            Capability.All.SelectMany(c => c.Scopes).Distinct().Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [Trait("security", "16")]
    [InlineData(ConnectionState.Connected, null, 0, ConnectionState.Connected, null)]
    [InlineData(ConnectionState.Connected, null, 1, ConnectionState.Degraded, "scopes-missing")]
    [InlineData(ConnectionState.Degraded, "scopes-missing", 1, ConnectionState.Degraded, "scopes-missing")]
    [InlineData(ConnectionState.Degraded, "scopes-missing", 0, ConnectionState.Connected, null)]
    [InlineData(ConnectionState.Degraded, "reads-refused", 0, ConnectionState.Degraded, "reads-refused")]
    [InlineData(ConnectionState.Degraded, "reads-refused", 1, ConnectionState.Degraded, "scopes-missing")]
    [InlineData(ConnectionState.Degraded, "api-key-rejected", 1, ConnectionState.Degraded, "api-key-rejected")]
    [InlineData(ConnectionState.KeyLost, "key-exists-at-datadog", 1, ConnectionState.KeyLost, "key-exists-at-datadog")]
    [InlineData(ConnectionState.Pending, null, 1, ConnectionState.Pending, null)]
    [InlineData(ConnectionState.Disconnected, "x", 1, ConnectionState.Disconnected, "x")]
    public void MissingScopesDegradeWhatWorksAndNothingElse(
        ConnectionState state,
        string? reason,
        int missing,
        ConnectionState then,
        string? because
    ) => Assert.Equal((then, because), Scopes.Decide(state, reason, [.. Enumerable.Repeat("monitors_read", missing)]));

    [Fact]
    public void AnAnswerThatNamesNoScopesChangesNone()
    {
        Assert.Equal(["a"], Scopes.Told([], ["a"]));
        Assert.Equal(["b"], Scopes.Told(["b"], ["a"]));
        Assert.Empty(Scopes.Missing(["a"], []));
        Assert.Equal(["a", "c"], Scopes.Missing(["c", "b", "a"], ["b"]));
    }

    [Fact]
    public async Task AfterConnectingEverythingWasTriedAtTheConnectionsOwnSite()
    {
        var (tenant, org) = (await _auth.NewTenantAsync(), NewOrg("EU1"));
        Assert.Equal("/connect/done", await world.NewBrowser(_auth).ConnectAsync(tenant, org));
        var connection = await _auth.ConnectionAsync(tenant);
        Assert.Equal("connected", Text(connection, "state"));
        Assert.Equal(
            [
                "send metrics works",
                "send logs works",
                "send events works",
                "send service_checks works",
                "send traces works",
                "send incidents granted",
                "read timeseries works",
                "read metric_names works",
                "read logs works",
                "read monitors works",
                "read dashboards works",
                "read incidents works",
            ],
            Lines(connection)
        );
        var reads = world
            .Datadog.Journal.Entries.Where(e =>
                e.Org == org.Id && e.Path is not null && Capability.All.Any(c => c.Probe?.Path.Split('?')[0] == e.Path)
            )
            .ToList();
        Assert.Equal(6, reads.Count);
        Assert.All(reads, e => Assert.Equal("api.datadoghq.eu", e.Host));
    }

    [Fact]
    [Trait("security", "16")]
    public async Task ATokenWithFewerScopesMarksWhatItMayNotDo()
    {
        var (tenant, org) = (await _auth.NewTenantAsync(), NewOrg("US1"));
        org.AllowedScopes = ["api_keys_write", "logs_read_data", "timeseries_query"];
        Assert.Equal(
            "/connect/failed?reason=partly-permitted",
            await world.NewBrowser(_auth).ConnectAsync(tenant, org)
        );
        var connection = await _auth.ConnectionAsync(tenant);
        Assert.Equal(("degraded", "scopes-missing"), (Text(connection, "state"), Text(connection, "reason")));
        Assert.Equal(
            [
                "send metrics works",
                "send logs works",
                "send events works",
                "send service_checks works",
                "send traces works",
                "send incidents missing_scope incident_write",
                "read timeseries works",
                "read metric_names missing_scope metrics_read",
                "read logs missing_scope logs_read_index_data",
                "read monitors missing_scope monitors_read",
                "read dashboards missing_scope dashboards_read",
                "read incidents missing_scope incident_read",
            ],
            Lines(connection)
        );
        // What works goes on to work.
        Assert.Equal(
            HttpStatusCode.OK,
            (await _auth.AccessTokenAsync(ConnectionId.Parse(Text(connection, "id")!))).Status
        );
    }

    [Fact]
    [Trait("security", "16")]
    public async Task ARefreshThatBringsFewerScopesDegradesAndMoreMendIt()
    {
        var (tenant, org) = (await _auth.NewTenantAsync(), NewOrg("US1"));
        await world.NewBrowser(_auth).ConnectAsync(tenant, org);
        var id = ConnectionId.Parse(Text(await _auth.ConnectionAsync(tenant), "id")!);

        org.AllowedScopes = [.. ClientProfile.TileScopes.Except(["incident_write", "monitors_read"])];
        await RefreshAsync(id);
        var narrowed = await _auth.ConnectionAsync(tenant);
        Assert.Equal(("degraded", "scopes-missing"), (Text(narrowed, "state"), Text(narrowed, "reason")));
        Assert.Equal(
            ["send incidents missing_scope incident_write", "read monitors missing_scope monitors_read"],
            Lines(narrowed).Where(line => line.Contains("missing_scope"))
        );
        Assert.Equal(
            ["connection.connected", "connection.degraded", "connection.scopes_changed"],
            await EventsAsync(id)
        );

        org.AllowedScopes = null;
        await RefreshAsync(id);
        var mended = await _auth.ConnectionAsync(tenant);
        Assert.Equal(("connected", null), (Text(mended, "state"), Text(mended, "reason")));
        Assert.DoesNotContain(Lines(mended), line => line.Contains("missing_scope"));
    }

    [Fact]
    public async Task AGrantOfMoreThanIsNeededIsSaid()
    {
        var tenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(tenant, NewOrg("US1"));
        var connection = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal("connected", Text(connection, "state"));
        Assert.Contains(
            $"{Text(connection, "id")} was given more scopes than are needed: dashboards_read",
            world.Logs.Text
        );
        Assert.Equal("not_requested", Text(connection["capabilities"]!.AsArray().Last()!, "state"));
    }

    private async Task RefreshAsync(ConnectionId id)
    {
        await world.Database.ExecuteAsync(
            "UPDATE connections SET token_expires_at = now() - interval '1 second' WHERE id = $1",
            id.Text
        );
        await world.Redis.FlushAsync();
        Assert.Equal(HttpStatusCode.OK, (await _auth.AccessTokenAsync(id)).Status);
    }

    private async Task<IEnumerable<string>> EventsAsync(ConnectionId id) =>
        (
            await world.VaultScalarAsync<string>(
                "SELECT string_agg(DISTINCT event, ' ' ORDER BY event) FROM audit WHERE connection = $1 AND event LIKE 'connection.%'",
                id.Text
            )
        ).Split(' ');

    private Org NewOrg(string site) => world.Datadog.Orgs.Add(SiteTable.Find(site)!, $"Org {Guid.CreateVersion7():N}");

    private static IEnumerable<string> Lines(JsonNode connection) =>
        connection["capabilities"]!
            .AsArray()
            .Select(c =>
                string.Join(
                    ' ',
                    new[] { Text(c!, "kind"), Text(c!, "name"), Text(c!, "state") }.Concat(
                        c!["missing_scopes"]!.AsArray().Select(s => s!.GetValue<string>())
                    )
                )
            );

    private static string? Text(JsonNode node, string name) => node[name]?.GetValue<string>();
}
