using System.Net.Http.Headers;
using System.Text;
using Partner.Demo;
using Partner.Demo.Types;
using Partner.Testing;

namespace Partner.AppHost.Tests.Canary;

/// <summary>
/// The whole demo as badly as it can go: a Datadog that fails at every step and repeats the caller's secrets in its
/// answers, and a partner and people who put theirs where they do not belong. Remembers the secrets that it met.
/// </summary>
internal sealed class FaultyFlow(WholeSystem system) : IDisposable
{
    private const int Site = 0;

    private readonly Person _person = new();
    private readonly List<Secret> _secrets = [];

    public IReadOnlyList<Secret> Secrets =>
        [
            .. _secrets,
            .. _person.Cookies.Where(value => value.Length > 20).Select((value, i) => new Secret($"cookie-{i}", value)),
        ];

    /// <summary>Every address that the browser was at, without what only its own address may carry.</summary>
    public IReadOnlyList<Uri> Visited => _person.Visited;

    public async Task RunAsync()
    {
        var secret = system.Planted["datadog-client-secret"].Value;
        await system.Sandbox.ChangeAsync(new { accessTokenSeconds = 20 });
        try
        {
            var (tenant, connection, org) = await ConnectAsync(secret);
            var key = await system.Backend.CreateIngestKeyAsync(connection.Id);
            _secrets.Add(new Secret("ingest-key", key.Key));
            await SendAsync(org, connection, key.Key);
            await MisuseAsync(key.Key);
            await DisconnectAsync(tenant, connection);
        }
        finally
        {
            await system.Sandbox.ClearFaultsAsync();
            await system.Sandbox.ChangeAsync(new { accessTokenSeconds = 3600 });
        }

        // One that stays: its rows, and in Redis its sealed token, which an incident needs.
        var stays = await system.ConnectAsync("canary-stays", Site);
        _secrets.Add(new Secret("ingest-key", stays.Key.Key));
        var incidents = DataType.All.Single(type => type.Name == "incidents").Clients[0];
        using var declared = incidents.Request(
            new Call(system.Gateway, stays.Key.Key, ["canary_stays"], TimeProvider.System.GetUtcNow())
        );
        using var answer = await system.Http.SendAsync(declared);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
    }

    public void Dispose() => _person.Dispose();

    /// <summary>Once with a token endpoint that repeats the client secret, then through; then a callback out of the blue.</summary>
    private async Task<(Tenant Tenant, Connection Connection, SandboxOrg Org)> ConnectAsync(string clientSecret)
    {
        var site = DemoSite.All[Site];
        var org = await system.Sandbox.CreateOrgAsync(site.Key, "Canary Inc");
        var tenant = await system.Backend.CreateTenantAsync($"canary-{system.Planted.Control.Value}", "Canary Inc");
        await system.Sandbox.FaultAsync(
            new
            {
                action = "status",
                status = 400,
                path = "/oauth2/v1/token",
                body = $$"""{"errors":["invalid_client - {{clientSecret}} is not the secret"]}""",
                count = 1,
            }
        );
        var session = await SessionAsync(tenant);
        await Connecting.FromSessionAsync(_person, session, org);
        var worked = await Connecting.FromSessionAsync(_person, await SessionAsync(tenant), org);
        var connection = (await system.Backend.ConnectionsAsync(tenant.Id)).SingleOrDefault(c =>
            c.State == "connected"
        );
        Assert.True(connection is not null, worked.Text);
        foreach (var address in _person.Visited.Where(address => address.AbsolutePath == "/oauth/callback").ToList())
        {
            Remember(address, "state");
            await _person.OpenAsync(address);
        }

        return (tenant, connection, org);
    }

    private async Task<ConnectSession> SessionAsync(Tenant tenant)
    {
        var session = await system.Backend.CreateConnectSessionAsync(tenant);
        var last = session.Url.PathAndQuery.Split('/', '=')[^1];
        _secrets.Add(new Secret("connect-session", last));
        return session;
    }

    private void Remember(Uri address, string parameter)
    {
        if (System.Web.HttpUtility.ParseQueryString(address.Query)[parameter] is { Length: > 0 } value)
        {
            _secrets.Add(new Secret(parameter, value));
        }
    }

    /// <summary>Every type as its clients send it, while each intake answers in another bad way first.</summary>
    private async Task SendAsync(SandboxOrg org, Connection connection, string key)
    {
        var repeated = string.Join(' ', (await system.Sandbox.IssuedAsync()).Secrets.Keys.TakeLast(20));
        object[] faults =
        [
            // An event goes alone: refused, it is a dead letter with the text of the answer.
            new
            {
                action = "status",
                status = 400,
                org = org.Id,
                path = "/api/v1/events",
                body = repeated,
                count = 1,
            },
            new
            {
                action = "status",
                status = 500,
                org = org.Id,
                body = repeated,
                count = 2,
            },
            new
            {
                action = "reset",
                org = org.Id,
                count = 2,
            },
            new
            {
                action = "lost-answer",
                org = org.Id,
                count = 1,
            },
            new
            {
                action = "truncated",
                org = org.Id,
                count = 1,
            },
            new
            {
                action = "status",
                status = 403,
                org = org.Id,
                body = repeated,
                count = 1,
            },
            new
            {
                action = "status",
                status = 429,
                org = org.Id,
                body = repeated,
                count = 1,
            },
            new
            {
                action = "status",
                status = 400,
                org = org.Id,
                body = repeated,
                count = 1,
            },
        ];
        foreach (var fault in faults)
        {
            await system.Sandbox.FaultAsync(fault);
        }

        foreach (var type in DataType.All)
        {
            await SendAsync(type, key);
        }

        // Until something of every queued type has arrived: then each has met the faults and got past them.
        foreach (var type in DataType.All.Where(type => type.Name != "incidents"))
        {
            var dead = 0L;
            await Until.AnsweredAsync(
                async () =>
                {
                    // The 400 of any path may have met all that a type had.
                    var deliveries = await system.Backend.DeliveriesAsync(type.Sender, connection.Id);
                    if (deliveries.DeadLetters > dead)
                    {
                        dead = deliveries.DeadLetters;
                        await SendAsync(type, key);
                    }

                    return await system.Sandbox.ItemsAsync(org.Id, type.Name);
                },
                items => items.Count > 0
            );
        }

        await Until.AnsweredAsync(
            () => system.Backend.DeliveriesAsync("events", connection.Id),
            deliveries => deliveries.DeadLetters > 0
        );
    }

    private async Task SendAsync(DataType type, string key)
    {
        foreach (var client in type.Clients)
        {
            var markers = Enumerable.Range(0, client.Items).Select(i => $"canary_{client.Name}_{i:000}").ToList();
            using var request = client.Request(new Call(system.Gateway, key, markers, TimeProvider.System.GetUtcNow()));
            using var response = await system.Http.SendAsync(request);
        }
    }

    /// <summary>Genuine secrets in the wrong headers, paths, queries and bodies of our own doors.</summary>
    private async Task MisuseAsync(string key)
    {
        var token = system.Planted["partner-token"].Value;
        string[] paths =
        [
            $"v1/input/{key}",
            $"api/v2/logs?api_key={key}",
            $"api/v2/logs?dd-api-key={key}",
            $"api/v9/{key}",
            $"partner/v1/tenants?token={token}",
            $"partner/v1/{token}",
            $"connect?session={token}",
            $"oauth/callback?code={key}&state={key}",
        ];
        foreach (var path in paths)
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
            {
                using var request = new HttpRequestMessage(method, new Uri(system.Gateway, path));
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", token);
                request.Headers.TryAddWithoutValidation("DD-API-KEY", token);
                request.Headers.TryAddWithoutValidation("User-Agent", $"agent/{key}");
                request.Headers.Referrer = new Uri(system.Gateway, $"?key={key}");
                request.Content =
                    method == HttpMethod.Post
                        ? new StringContent($"[{{\"key\":\"{key}\",", Encoding.UTF8, "application/json")
                        : null;
                using var response = await system.Http.SendAsync(request);
            }
        }
    }

    private async Task DisconnectAsync(Tenant tenant, Connection connection)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Delete,
            new Uri(system.Gateway, $"partner/v1/connections/{connection.Id}")
        );
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", system.Planted["partner-token"].Value);
        using var response = await system.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        await Until.AnsweredAsync(
            () => system.Backend.ConnectionsAsync(tenant.Id),
            connections => connections.All(c => c.State != "connected")
        );
    }
}
