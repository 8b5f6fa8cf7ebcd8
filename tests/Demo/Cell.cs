using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Partner.Demo.Types;

namespace Partner.Demo;

/// <summary>One data type on one site: what was sent, what was accepted, what arrived.</summary>
internal sealed record Cell(
    DemoSite Site,
    string Type,
    string Org,
    bool Supported,
    int Sent,
    int Accepted,
    int Delivered,
    int Strangers,
    double Milliseconds
)
{
    /// <summary>Nothing refused and nothing lost; a cell without a sink has nothing to be whole.</summary>
    public bool IsWhole => !Supported || (Sent > 0 && Accepted == Sent && Delivered == Accepted);
}

/// <summary>Sends one data type for one tenant, and watches it arrive.</summary>
internal sealed partial class CellRun(
    HttpClient http,
    PartnerBackend backend,
    SandboxAdmin sandbox,
    Uri gateway,
    ConnectedTenant tenant,
    DataType type,
    string run
)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    private readonly Dictionary<string, long> _accepted = [];
    private readonly Dictionary<string, double> _delivered = [];
    private int _sent;
    private bool _known = true;

    public async Task<Cell> RunAsync()
    {
        foreach (var client in type.Clients)
        {
            for (var request = 0; request < client.Requests && _known; request++)
            {
                await SendAsync(client, request * client.Items);
            }
        }

        var strangers = 0;
        var clock = Stopwatch.StartNew();
        while (_accepted.Count > 0)
        {
            strangers = await LookAsync();
            if (_delivered.Count == _accepted.Count || clock.Elapsed > Patience)
            {
                break;
            }

            await Task.Delay(Poll);
        }

        return new Cell(
            tenant.Site,
            type.Name,
            tenant.Org.Id,
            await IsSupportedAsync(),
            _sent,
            _accepted.Count,
            _delivered.Count,
            strangers,
            Median()
        );
    }

    private async Task SendAsync(Client client, int first)
    {
        // Lower-case letters, digits and underscores: a metric's name may hold nothing else (datadog-facts 3.2).
        var markers = Enumerable
            .Range(first, client.Items)
            .Select(i => $"{run}_{tenant.Site.Key.Replace('-', '_')}_{client.Name}_{i:000}")
            .ToList();
        using var request = client.Request(new Call(gateway, tenant.Key.Key, markers, TimeProvider.System.GetUtcNow()));
        using var response = await http.SendAsync(request);
        if (response.IsSuccessStatusCode)
        {
            var now = Stopwatch.GetTimestamp();
            markers.ForEach(marker => _accepted.Add(marker, now));
        }
        else if (response.StatusCode == HttpStatusCode.NotFound)
        {
            // The gateway has no such route: no sender of this type is deployed.
            _known = false;
        }
        else
        {
            var body = await response.Content.ReadAsStringAsync();
            Console.Error.WriteLine(
                $"{tenant.Site.Name}: {type.Name} by {client.Name} refused with {(int)response.StatusCode}: {body}"
            );
        }

        _sent += markers.Count;
    }

    /// <returns>Items that nobody sent to this org.</returns>
    private async Task<int> LookAsync()
    {
        var (items, now, strangers) = (await sandbox.ItemsAsync(tenant.Org.Id, type.Name), Stopwatch.GetTimestamp(), 0);
        foreach (var item in items)
        {
            if (Marker().Match(item) is { Success: true } match && _accepted.TryGetValue(match.Value, out var accepted))
            {
                _delivered.TryAdd(match.Value, Stopwatch.GetElapsedTime(accepted, now).TotalMilliseconds);
            }
            else
            {
                strangers++;
            }
        }

        return strangers;
    }

    private async Task<bool> IsSupportedAsync() =>
        _known
        && (
            _accepted.Count > 0
            || (await backend.DeliveriesAsync(type.Sender, tenant.Connection.Id)).State != "unsupported"
        );

    private double Median()
    {
        var sorted = _delivered.Values.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[sorted.Count / 2];
    }

    [GeneratedRegex("demo_[a-z0-9_]+_[0-9]{3}")]
    private static partial Regex Marker();
}
