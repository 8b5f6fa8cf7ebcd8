using System.Diagnostics;
using Partner.Bench.Load;

namespace Partner.Bench.Scenarios;

/// <summary>
/// kill -9 of whatever a log passes, one after the other at random, each while something that was acked has not been
/// delivered. Then all is left alone, and everything that was acked has to be there.
/// </summary>
internal static class Crash
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    public static async Task<Report> RunAsync(Options options)
    {
        await using var stage = await Stage.SetAsync(options, connections: 20);
        string[] targets = ["gateway", "auth", "vault", "site-router", stage.Shape.Name, "postgres", "cache"];
        var (phase, clock, before) = (new Phase("crash"), Stopwatch.StartNew(), stage.System.Usage.Cpu());
        using var end = new CancellationTokenSource();
        var rate = options.Rate ?? 3_000;
        var load = OpenLoop.RunAsync(stage.Client, rate / stage.Shape.ItemsPerRequest, phase, end.Token);

        var killer = new Killer(stage, new Random(options.Seed), targets);
        for (var kill = 0; kill < options.Kills; kill++)
        {
            await killer.KillAsync(kill);
        }

        while (stage.Ledger.Acked < options.Acked)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        await end.CancelAsync();
        await load;
        var loaded = clock.Elapsed;
        var settled = await stage.Feed.SettleAsync(Patience);
        var report = new Report(options)
        {
            ["connections"] = stage.Tenants.Count,
            ["seconds"] = Math.Round(loaded.TotalSeconds, 1),
            ["settling_seconds"] = Math.Round(settled.TotalSeconds, 1),
            ["offered_items_per_second"] = rate,
            ["kills"] = killer.Kills.Values.Sum(),
            ["kills_by_target"] = killer.Kills,
            ["smallest_backlog_at_a_kill"] = killer.SmallestBacklog,
            ["return_p50_ms"] = killer.Returns.Percentile(50),
            ["return_p99_ms"] = killer.Returns.Percentile(99),
        };
        report
            .WithThroughput(phase, loaded + settled)
            .WithLatency(phase)
            .WithCpu(before, stage.System.Usage.Cpu(), phase.Acked)
            .With(await stage.JudgeAsync());
        report["peak_rss_mib"] = stage.System.Usage.PeakMemory();
        return report;
    }
}
