using System.Diagnostics;
using System.Net;
using Partner.Demo;

namespace Partner.Bench.Machine;

/// <summary>Connections, each made by walking the real OAuth flow with a browser's requests: nothing is put into a database.</summary>
internal static class Tenants
{
    private const int AtOnce = 8;

    public static async Task<IReadOnlyList<ConnectedTenant>> ConnectAsync(
        RunningSystem system,
        int count,
        Func<int, DemoSite> siteOf
    )
    {
        var clock = Stopwatch.StartNew();
        var (tenants, done) = (new ConnectedTenant[count], 0);
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (i, _) =>
            {
                // 127.1.0.0 and on: an address for each person.
                var from = new IPAddress([127, (byte)(1 + (i >> 16)), (byte)(i >> 8), (byte)i]);
                tenants[i] = await Connecting.ConnectAsync(
                    system.Backend,
                    system.Sandbox,
                    system.Gateway,
                    siteOf(i),
                    $"bench-{i}",
                    from
                );
                if (Interlocked.Increment(ref done) is var now && now % 500 == 0)
                {
                    Console.Error.WriteLine($"{now} of {count} connected in {clock.Elapsed.TotalSeconds:F0} s");
                }
            }
        );
        Console.Error.WriteLine($"{count} connected in {clock.Elapsed.TotalSeconds:F1} s");
        return tenants;
    }
}
