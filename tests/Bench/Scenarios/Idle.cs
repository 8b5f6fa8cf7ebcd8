using Partner.Bench.Load;

namespace Partner.Bench.Scenarios;

/// <summary>What connections cost that have sent once and then nothing.</summary>
internal static class Idle
{
    // Slow enough that no more memory is taken for a crowd than one after the other needs.
    private const double Requests = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(15);

    public static async Task<Report> RunAsync(Options options)
    {
        await using var stage = await Stage.SetAsync(options, connections: 10_000);
        var phase = new Phase("once");
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(stage.Tenants.Count / Requests));
        await OpenLoop.RunAsync(stage.Client, Requests, phase, end.Token);
        await stage.Feed.SettleAsync(Patience);
        await Task.Delay(Rest);

        var (before, duration) = (stage.System.Usage.Cpu(), options.Duration(60));
        await Task.Delay(duration);
        var after = stage.System.Usage.Cpu();
        var report = new Report(options)
        {
            ["connections"] = stage.Tenants.Count,
            ["seconds"] = duration.TotalSeconds,
            ["cpu_percent_of_a_core"] = after.ToDictionary(
                a => a.Key,
                a =>
                    Math.Round(
                        (a.Value - before.GetValueOrDefault(a.Key)).TotalSeconds / duration.TotalSeconds * 100,
                        2
                    )
            ),
            ["rss_mib"] = stage.System.Usage.Memory(),
            ["peak_rss_mib"] = stage.System.Usage.PeakMemory(),
            ["kills"] = 0,
        };
        return report.WithLatency(phase).With(await stage.JudgeAsync());
    }
}
