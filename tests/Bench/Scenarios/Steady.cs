using Partner.Bench.Load;
using Partner.Bench.Machine;

namespace Partner.Bench.Scenarios;

/// <summary>
/// The maximum by a closed loop, settling included, so that what was only accepted does not count; then half of it by an
/// open loop for the latencies.
/// </summary>
internal static class Steady
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Report> RunAsync(Options options, bool direct)
    {
        await using var stage = await Stage.SetAsync(options, connections: 20, direct);
        await using var database = new SenderDatabase(stage.System.DatabaseOf(options.Type));
        var duration = options.Duration(20);
        var report = new Report(options)
        {
            ["connections"] = stage.Tenants.Count,
            ["items_per_request"] = stage.Shape.ItemsPerRequest,
            ["workers"] = options.Workers,
        };

        await ClosedLoop.RunAsync(
            stage.Client,
            options.Workers,
            TimeSpan.FromSeconds(options.WarmUp),
            new Phase("warm-up")
        );
        await stage.Feed.SettleAsync(Patience);

        var (maximum, before, wal) = (new Phase("maximum"), stage.System.Usage.Cpu(), await database.WalAsync());
        var loaded = await ClosedLoop.RunAsync(stage.Client, options.Workers, duration, maximum);
        var settled = await stage.Feed.SettleAsync(Patience);
        report.WithThroughput(maximum, loaded + settled).WithCpu(before, stage.System.Usage.Cpu(), maximum.Acked);
        report["wal_bytes_per_million"] = PerMillion(await database.WalAsync() - wal, maximum);
        report["accepted_items_per_second"] = Math.Round(maximum.Acked / loaded.TotalSeconds);
        report["seconds"] = Math.Round(loaded.TotalSeconds, 1);
        report["settling_seconds"] = Math.Round(settled.TotalSeconds, 1);
        report["maximum_refused"] = maximum.Refused + maximum.Unknown;

        var (half, rate) = (new Phase("half"), maximum.Acked / (loaded + settled).TotalSeconds / 2);
        (before, wal) = (stage.System.Usage.Cpu(), await database.WalAsync());
        using var end = new CancellationTokenSource(duration);
        await OpenLoop.RunAsync(stage.Client, rate / stage.Shape.ItemsPerRequest, half, end.Token);
        await stage.Feed.SettleAsync(Patience);
        report["half_items_per_second"] = Math.Round(rate);
        report.WithCpu(before, stage.System.Usage.Cpu(), half.Acked, "half_");
        report["half_wal_bytes_per_million"] = PerMillion(await database.WalAsync() - wal, half);
        report["half_refused"] = half.Refused + half.Unknown;
        report.WithLatency(half).With(await stage.JudgeAsync());
        report["peak_rss_mib"] = stage.System.Usage.PeakMemory();
        report["kills"] = 0;
        return report;
    }

    private static double PerMillion(long bytes, Phase phase) => Math.Round(bytes / Math.Max(1.0, phase.Acked) * 1e6);
}
