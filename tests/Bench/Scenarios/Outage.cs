using System.Diagnostics;
using System.Security.Cryptography;
using Partner.Bench.Load;
using Partner.Bench.Machine;
using Partner.Demo;

namespace Partner.Bench.Scenarios;

/// <summary>One of three sites takes connections and answers nothing, and comes back. The other two should not notice.</summary>
internal static class Outage
{
    private static readonly string[] Sites = ["us1", "us3", "eu1"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    public static async Task<Report> RunAsync(Options options)
    {
        var password = RandomNumberGenerator.GetHexString(40, lowercase: true);
        await using var stage = await Stage.SetAsync(
            options,
            connections: 30,
            siteOf: i => DemoSite.All.Single(site => site.Key == Sites[i % Sites.Length]),
            settings: new KeyValuePair<string, string>("Parameters__postgres-password", password)
        );
        await using var database = SenderDatabase.ForAdministrator(stage.System.DatabaseOf(options.Type), password);
        var (rate, duration, report) = (options.Rate ?? 10_000, options.Duration(30), new Report(options));
        report["connections"] = stage.Tenants.Count;
        report["offered_items_per_second"] = rate;

        await RunAsync(stage, rate, duration);
        var (before, beforeThere) = await RunAsync(stage, rate, duration);
        await stage.System.Sandbox.FaultAsync(
            new
            {
                action = "hang",
                site = Sites[^1],
                path = $"/{stage.Shape.Intake}",
            }
        );
        var (during, duringThere) = await RunAsync(stage, rate, duration);
        // The most that waits: all of one site's.
        var waiting = await database.WaitingAsync();
        await stage.System.Sandbox.ClearFaultsAsync();
        var back = Stopwatch.StartNew();
        var catchUp = CaughtUpAsync(duringThere, back);
        var (after, afterThere) = await RunAsync(stage, rate, duration);
        await stage.Feed.SettleAsync(Patience);

        report["waiting"] = waiting;
        report["waiting_after"] = await database.WaitingAsync();
        report["seconds"] = duration.TotalSeconds;
        report["others_delivery_p99_ms"] = new
        {
            before = P99(before),
            during = P99(during),
            after = P99(after),
        };
        report["site_delivery_p99_ms"] = new
        {
            before = P99(beforeThere),
            during = P99(duringThere),
            after = P99(afterThere),
        };
        report["site_live_delivery_p50_ms_after"] = afterThere.Delivery.Percentile(50);
        report["catch_up_seconds"] = Math.Round((await catchUp).TotalSeconds, 1);
        report["refused"] = new[] { before, beforeThere, during, duringThere, after, afterThere }.Sum(p =>
            p.Refused + p.Unknown
        );
        report.With(await stage.JudgeAsync());
        report["kills"] = 0;
        report["peak_rss_mib"] = stage.System.Usage.PeakMemory();
        return report;
    }

    private static double P99(Phase phase) => phase.Delivery.Percentile(99);

    private static async Task<(Phase Others, Phase There)> RunAsync(Stage stage, double rate, TimeSpan duration)
    {
        var (others, there) = (new Phase("others"), new Phase("there"));
        using var end = new CancellationTokenSource(duration);
        await OpenLoop.RunAsync(stage.Client, rate / stage.Shape.ItemsPerRequest, Pick, end.Token);
        return (others, there);

        (int, Phase) Pick(long n)
        {
            var connection = (int)(n % stage.Tenants.Count);
            return (connection, connection % Sites.Length == Sites.Length - 1 ? there : others);
        }
    }

    /// <summary>From the site's return until all that it missed has arrived.</summary>
    private static async Task<TimeSpan> CaughtUpAsync(Phase missed, Stopwatch back)
    {
        while (missed.Delivery.Count < missed.Acked && back.Elapsed < Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        return back.Elapsed;
    }
}
