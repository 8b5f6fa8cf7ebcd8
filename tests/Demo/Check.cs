using System.Diagnostics;
using System.Text.Json;

namespace Partner.Demo;

/// <summary>
/// Connects a tenant on each site by the OAuth flow, sends as Datadog's clients do, and waits until the sandbox has
/// every item at that site's host in that tenant's org, and nowhere else.
/// </summary>
internal static class Check
{
    private const int ItemsPerRequest = 25;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(string[] args)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
        var options = configuration.GetSection("Demo").Get<DemoOptions>()!;
        using var backend = PartnerBackend.For(options);
        using var sandbox = new SandboxAdmin(options.Sandbox);
        using var http = new HttpClient(Loopback.Handler());
        // A run of its own on every call, so that what an earlier one sent counts for nothing.
        var run = $"demo-{Guid.CreateVersion7():N}"[..17];

        var rows = new List<Row>();
        foreach (var site in DemoSite.All)
        {
            Console.Error.WriteLine($"{site.Name}: connecting");
            var tenant = await Connecting.ConnectAsync(backend, sandbox, options.Gateway, site, run);
            Console.Error.WriteLine($"{site.Name}: connected, sending");
            rows.Add(await SendAsync(http, sandbox, options.Gateway, tenant));
        }

        var elsewhere = await ElsewhereAsync(sandbox, rows);
        var ok = elsewhere == 0 && rows.All(r => r.Accepted > 0 && r.Accepted == r.Delivered);
        Print(rows, elsewhere);
        if (args.Contains("--json"))
        {
            Console.WriteLine(ToJson(rows, elsewhere, ok));
        }

        return ok ? 0 : 1;
    }

    private static async Task<Row> SendAsync(HttpClient http, SandboxAdmin sandbox, Uri gateway, ConnectedTenant tenant)
    {
        var clock = Stopwatch.StartNew();
        var sent = new HashSet<string>();
        foreach (var (name, logs) in DatadogClients.All)
        {
            var items = Enumerable.Range(0, ItemsPerRequest)
                .Select(i => $$"""{"message":"{{tenant.Site.Key}} {{name}} {{i}} \u00e9\ud83d\udc36","ddsource":"demo","service":"{{name}}","n":{{i}}}""")
                .ToList();
            using var request = logs(gateway, tenant.Key.Key, items);
            using var response = await http.SendAsync(request);
            if (response.IsSuccessStatusCode)
            {
                sent.UnionWith(items);
            }
            else
            {
                Console.Error.WriteLine($"{tenant.Site.Name}: {name} was refused with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
            }
        }

        var arrived = new HashSet<string>();
        while (clock.Elapsed < Patience && !arrived.SetEquals(sent))
        {
            arrived = [.. await sandbox.ItemsAsync(tenant.Org.Id, "logs")];
            await Task.Delay(50);
        }

        return new Row(tenant, sent.Count, arrived.Intersect(sent).Count(), arrived.Except(sent).Count(), clock.Elapsed.TotalMilliseconds);
    }

    /// <summary>Items of this run's orgs at any other host, and items in them that were not sent to them.</summary>
    private static async Task<long> ElsewhereAsync(SandboxAdmin sandbox, List<Row> rows)
    {
        var arrivals = await sandbox.ArrivalsAsync();
        var misplaced = from arrival in arrivals
                        join row in rows on arrival.Org equals row.Tenant.Org.Id
                        where arrival.Host != row.Tenant.Site.LogsHost
                        select arrival.Items;
        return misplaced.Sum() + rows.Sum(r => r.Strangers);
    }

    private static void Print(List<Row> rows, long elsewhere)
    {
        Console.WriteLine($"{"site",-6}{"type",-8}{"accepted",10}{"delivered",11}{"ms",8}  arrived at");
        foreach (var row in rows)
        {
            Console.WriteLine($"{row.Tenant.Site.Name,-6}{"logs",-8}{row.Accepted,10}{row.Delivered,11}{row.Milliseconds,8:F0}  {row.Tenant.Site.LogsHost}, org {row.Tenant.Org.Id}");
        }

        Console.WriteLine($"elsewhere: {elsewhere}");
    }

    private static string ToJson(List<Row> rows, long elsewhere, bool ok) => JsonSerializer.Serialize(new
    {
        sites = rows.ToDictionary(r => r.Tenant.Site.Key, r => new
        {
            logs = new { accepted = r.Accepted, delivered = r.Delivered, ms = Math.Round(r.Milliseconds, 1), supported = true },
        }),
        elsewhere,
        ok,
    });

    private sealed record Row(ConnectedTenant Tenant, int Accepted, int Delivered, int Strangers, double Milliseconds);
}
