using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Partner.Demo;
using Partner.Testing;

namespace Partner.Bench.Scenarios;

/// <summary>
/// What tenants do beside sending, all the time: connect, read, have a dead letter replayed, have a key revoked,
/// disconnect.
/// </summary>
internal sealed class TenantLife : IAsyncDisposable
{
    private const int LooksAtARevokedKey = 20;
    private static readonly TimeSpan RevokedWithin = TimeSpan.FromSeconds(5);

    private readonly Stage _stage;
    private readonly WebhookReceiver _receiver;
    private readonly ConcurrentBag<ConnectedTenant> _ended = [];
    private readonly Attempts _attempts = new();
    private readonly ConcurrentBag<string> _broken = [];
    private int _connected;
    private int _reads;
    private int _replayed;
    private int _revoked;
    private int _names;

    private TenantLife(Stage stage, WebhookReceiver receiver) => (_stage, _receiver) = (stage, receiver);

    public static async Task<TenantLife> StartAsync(Stage stage)
    {
        var receiver = await WebhookReceiver.StartAsync();
        await stage.System.Backend.CreateWebhookAsync(receiver.Url);
        return new TenantLife(stage, receiver);
    }

    /// <summary>Lives while <paramref name="meanwhile"/> runs.</summary>
    public async Task<Counts> RunAsync(Func<Task> meanwhile)
    {
        var (refreshes, repeats) = await RefreshesAsync();
        using var end = new CancellationTokenSource();
        var lives = Task.WhenAll(LiveAsync(end.Token), ReadAsync(end.Token));
        await Task.WhenAny(meanwhile(), lives).Unwrap();
        await end.CancelAsync();
        await lives;
        var (after, again) = await RefreshesAsync();
        var (never, failures) = _attempts.Take();
        var broken = _broken.ToList();
        _broken.Clear();
        return new Counts(
            Interlocked.Exchange(ref _connected, 0),
            Interlocked.Exchange(ref _reads, 0),
            Interlocked.Exchange(ref _replayed, 0),
            Interlocked.Exchange(ref _revoked, 0),
            after - refreshes,
            again - repeats,
            never,
            failures,
            broken
        );
    }

    /// <summary>Each connection that was connected and disconnected was told of so, in this order.</summary>
    public async Task<Webhooks> SettleWebhooksAsync()
    {
        var missing = await Until.AnsweredAsync(
            () => _ended.Count(tenant => !TypesOf(tenant).Contains("connection.disconnected")),
            left => left == 0
        );
        var unordered = _ended.Count(tenant =>
            TypesOf(tenant) is var types
            && (types.FirstOrDefault() != "connection.connected" || types[^1] != "connection.disconnected")
        );
        var messages = _receiver.Messages.ToList();
        return new Webhooks(_ended.Count, missing, unordered, messages.Count - messages.DistinctBy(m => m.Id).Count());
    }

    /// <summary>Of the tenants that send: connections that are no longer connected, and grants that Datadog has ended.</summary>
    public async Task<int> EndedGrantsAsync()
    {
        var ended = 0;
        foreach (var tenant in _stage.Tenants)
        {
            var connections = await _stage.System.Backend.ConnectionsAsync(tenant.Tenant.Id);
            var grants = await _stage.System.Sandbox.GrantsAsync(tenant.Org.Id);
            ended += connections.All(c => c.State == "connected") && grants.All(g => !g.Revoked) ? 0 : 1;
        }

        return ended;
    }

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    // By the first arrival of each message.
    private List<string> TypesOf(ConnectedTenant tenant) =>
        [.. _receiver.Messages.Where(m => m.Tenant == tenant.Tenant.Id).DistinctBy(m => m.Id).Select(m => m.Type)];

    private async Task<(int Refreshes, int Repeats)> RefreshesAsync()
    {
        var (refreshes, repeats) = (0, 0);
        foreach (var tenant in _stage.Tenants)
        {
            foreach (var grant in await _stage.System.Sandbox.GrantsAsync(tenant.Org.Id))
            {
                refreshes += grant.Refreshes;
                repeats += grant.Repeats;
            }
        }

        return (refreshes, repeats);
    }

    private async Task LiveAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            // A person whose page failed begins anew, and so does this: with another tenant.
            if (await _attempts.TryAsync("connect", ConnectAsync) is not { } tenant)
            {
                continue;
            }

            Interlocked.Increment(ref _connected);
            await ReplayAsync(tenant);
            await RevokeAsync(tenant);
            await _attempts.TryAsync(
                "disconnect",
                async () =>
                {
                    await _stage.System.Backend.DisconnectAsync(tenant.Connection.Id);
                    return tenant;
                }
            );
            _ended.Add(tenant);
        }
    }

    private Task<ConnectedTenant> ConnectAsync()
    {
        var number = Interlocked.Increment(ref _names);
        return Connecting.ConnectAsync(
            _stage.System.Backend,
            _stage.System.Sandbox,
            _stage.System.Gateway,
            DemoSite.All[number % DemoSite.All.Count],
            $"life-{number}",
            new IPAddress([127, 3, (byte)(number >> 8), (byte)number])
        );
    }

    /// <summary>A log that Datadog refuses once arrives when it is sent again.</summary>
    private async Task ReplayAsync(ConnectedTenant tenant)
    {
        var marker = $"life{Guid.CreateVersion7():N}";
        await _stage.System.Sandbox.FaultAsync(
            new
            {
                org = tenant.Org.Id,
                action = "status",
                status = 400,
                contains = marker,
                count = 1,
            }
        );
        await _attempts.TryAsync("send", () => PostLogAsync(tenant, marker));
        var isAsked = false;
        await Until.TrueAsync(
            async () =>
            {
                if (!isAsked && await LettersAsync(tenant) > 0)
                {
                    isAsked = await _attempts.TryAsync("replay", () => ReplayLettersAsync(tenant)) is not null;
                }

                return await HasArrivedAsync(tenant);
            },
            text: "a replayed log to arrive"
        );
        _replayed += isAsked ? 1 : 0;
    }

    private async Task<long> LettersAsync(ConnectedTenant tenant) =>
        (
            await _attempts.TryAsync(
                "deliveries",
                () => _stage.System.Backend.DeliveriesAsync("logs", tenant.Connection.Id)
            )
        )?.DeadLetters
        ?? 0;

    private async Task<ConnectedTenant> ReplayLettersAsync(ConnectedTenant tenant)
    {
        await _stage.System.Backend.ReplayAsync("logs", tenant.Connection.Id);
        return tenant;
    }

    // Of this tenant nothing else is sent.
    private async Task<bool> HasArrivedAsync(ConnectedTenant tenant) =>
        (await _stage.System.Sandbox.ArrivalsAsync()).Any(a =>
            a.Org == tenant.Org.Id && a is { Type: "logs", Items: > 0 }
        );

    /// <summary>A revoked key is refused by every replica of the gateway, on every connection, from 5 s on.</summary>
    private async Task RevokeAsync(ConnectedTenant tenant)
    {
        var revoked = await _attempts.TryAsync(
            "revoke",
            async () =>
            {
                await _stage.System.Backend.RevokeIngestKeyAsync(tenant.Connection.Id, tenant.Key.Id);
                return tenant;
            }
        );
        if (revoked is null)
        {
            return;
        }

        var told = Stopwatch.StartNew();
        await Task.Delay(RevokedWithin);
        for (var look = 0; look < LooksAtARevokedKey; look++)
        {
            var status = await _attempts.TryAsync("look at a revoked key", () => ValidateAsync(tenant));
            if (status is not "403")
            {
                _broken.Add($"{told.Elapsed.TotalSeconds:F1} s after its revocation a key was answered {status}.");
            }
        }

        Interlocked.Increment(ref _revoked);
    }

    // On a connection of its own: the proxy before the replicas chooses one for each.
    private async Task<string> ValidateAsync(ConnectedTenant tenant)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_stage.System.Gateway, "api/v1/validate"));
        request.Headers.Add("DD-API-KEY", tenant.Key.Key);
        using var response = await http.SendAsync(request);
        return response.StatusCode is HttpStatusCode.ServiceUnavailable
            ? throw new HttpRequestException("503")
            : $"{(int)response.StatusCode}";
    }

    private async Task<string> PostLogAsync(ConnectedTenant tenant, string marker)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = DatadogClients.ApiClient(
            _stage.System.Gateway,
            tenant.Key.Key,
            [$$"""{"message":"{{marker}}"}"""]
        );
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return marker;
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var tenant = _stage.Tenants[n % _stage.Tenants.Count];
            await _attempts.TryAsync(
                "read",
                async () =>
                {
                    using var answer = await _stage.System.Backend.GetAsync(
                        $"partner/v1/connections/{tenant.Connection.Id}/datadog/api/v1/monitor"
                    );
                    answer.EnsureSuccessStatusCode();
                    return tenant;
                }
            );
            Interlocked.Increment(ref _reads);
        }
    }

    /// <param name="Refreshes">Of the tenants that send and read.</param>
    /// <param name="RepeatedRefreshes">A refresh token that had been rotated was presented again.</param>
    /// <param name="Never">What failed in all its attempts.</param>
    /// <param name="Failures">Attempts that failed, by what they were and the status or the error.</param>
    /// <param name="Broken">Promises that were not kept.</param>
    internal sealed record Counts(
        int Connected,
        int Reads,
        int Replayed,
        int KeysRevoked,
        int Refreshes,
        int RepeatedRefreshes,
        int Never,
        IReadOnlyDictionary<string, int> Failures,
        IReadOnlyList<string> Broken
    );

    internal sealed record Webhooks(int Connections, int Missing, int OutOfOrder, int Repeated)
    {
        public bool IsGood => Connections > 0 && Missing == 0 && OutOfOrder == 0;
    }
}
