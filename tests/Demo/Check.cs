using Partner.Demo.Types;

namespace Partner.Demo;

/// <summary>
/// Connects a tenant on each site by the OAuth flow, sends every data type as Datadog's clients do, and waits until the
/// sandbox has every item at that site's host in that tenant's org, and nowhere else.
/// </summary>
internal static class Check
{
    private const string NamePrefix = "demo_";

    public static async Task<int> RunAsync(Uri gateway, Uri sandboxAddress, string partnerToken, string[] args)
    {
        using var backend = PartnerBackend.To(gateway, partnerToken);
        using var sandbox = new SandboxAdmin(sandboxAddress);
        using var http = new HttpClient(Loopback.Handler());
        // A run of its own on every call, so that what an earlier one sent counts for nothing.
        var run = $"{NamePrefix}{Guid.CreateVersion7():N}"[..(NamePrefix.Length + 12)];

        var cells = new List<Cell>();
        foreach (var site in DemoSite.All)
        {
            Console.Error.WriteLine($"{site.Name}: connecting");
            var tenant = await Connecting.ConnectAsync(backend, sandbox, gateway, site, run);
            Console.Error.WriteLine($"{site.Name}: connected, sending");
            cells.AddRange(
                await Task.WhenAll(
                    DataType.All.Select(type =>
                        new CellRun(http, backend, sandbox, gateway, tenant, type, run).RunAsync()
                    )
                )
            );
        }

        var elsewhere = await ElsewhereAsync(sandbox, cells);
        var ok = elsewhere == 0 && cells.Exists(c => c.Supported) && cells.TrueForAll(c => c.IsWhole);
        var json = args.Contains("--json");
        Report.Print(json ? Console.Error : Console.Out, cells, elsewhere);
        if (json)
        {
            Console.WriteLine(Report.ToJson(cells, elsewhere, ok));
        }

        return ok ? 0 : 1;
    }

    /// <summary>Items of this run's orgs at any other host, and items in them that were not sent to them.</summary>
    private static async Task<long> ElsewhereAsync(SandboxAdmin sandbox, List<Cell> cells)
    {
        var sites = cells.Select(c => (c.Org, c.Site)).Distinct().ToDictionary(c => c.Org, c => c.Site);
        var misplaced = (await sandbox.ArrivalsAsync())
            .Where(a => sites.TryGetValue(a.Org, out var site) && !site.IsHostOf(a.Type, a.Host))
            .Sum(a => a.Items);
        return misplaced + cells.Sum(c => c.Strangers);
    }
}
