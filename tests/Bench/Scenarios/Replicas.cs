using System.Diagnostics;
using Partner.Bench.Load;
using Partner.Bench.Machine;
using Partner.Testing;

namespace Partner.Bench.Scenarios;

/// <summary>
/// Two replicas of each service, with load on all of them, while first each replica is restarted in its turn as a cluster
/// does (SIGTERM, the next one when its successor is healthy), and then one after the other is killed.
/// </summary>
internal static class Replicas
{
    public const int Each = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    public static readonly IReadOnlyList<string> Services =
    [
        "gateway",
        "auth",
        "vault",
        "site-router",
        "logs",
        "metrics",
        "checks",
        "events",
        "traces",
        "incidents",
    ];

    public static async Task<Report> RunAsync(Options options)
    {
        var retries = new Retries();
        await using var stage = await SetAsync(options, retries);
        await using var life = await TenantLife.StartAsync(stage);
        var (phase, rate) = (new Phase("replicas"), options.Rate ?? 1_000);
        using var end = new CancellationTokenSource();
        var load = OpenLoop.RunAsync(stage.Client, rate / stage.Shape.ItemsPerRequest, phase, end.Token);
        var report = new Report(options) { ["replicas"] = Each, ["offered_items_per_second"] = rate };

        var quiet = await life.RunAsync(() => Task.Delay(options.Duration(20)));
        report["quiet"] = new { Sent = retries.Take(), Life = quiet };

        var rolled = await life.RunAsync(() => RollAsync(stage));
        var sent = retries.Take();
        report["rolling_restart"] = new { Sent = sent, Life = rolled };
        // Nothing died, so nothing has a reason to be unmended, or to renew twice.
        report.IsGood &= sent.Never == 0 && rolled is { Never: 0, RepeatedRefreshes: 0 } && rolled.Broken.Count == 0;

        var killed = await life.RunAsync(() => KillAsync(stage, new Random(options.Seed), options.Kills));
        var mended = retries.Take();
        report["kills"] = options.Kills;
        report["killing"] = new { Sent = mended, Life = killed };
        report.IsGood &=
            mended.Never == 0
            && killed.Never == 0
            && killed.Broken.Count == 0
            // What dies after Datadog's answer and before it is stored has to ask again.
            && killed.RepeatedRefreshes <= options.Kills;

        await end.CancelAsync();
        await load;
        return await JudgeAsync(stage, life, phase, report);
    }

    public static Task<Stage> SetAsync(
        Options options,
        Retries retries,
        string? appHost = null,
        params IEnumerable<KeyValuePair<string, string>> settings
    ) =>
        Stage.SetAsync(
            options,
            connections: 10,
            retries: retries,
            // Less than a token has to live on when it is handed out: each read renews.
            sandbox: new { accessTokenSeconds = 20 },
            appHost: appHost,
            settings: [new("Replicas", $"{Each}"), new("Shutdown__Drain", "00:00:05"), .. settings]
        );

    /// <summary>What the end shows, when no more load comes.</summary>
    public static async Task<Report> JudgeAsync(Stage stage, TenantLife life, Phase phase, Report report)
    {
        var settled = await stage.Feed.SettleAsync(Patience);
        report["settling_seconds"] = Math.Round(settled.TotalSeconds, 1);
        var webhooks = await life.SettleWebhooksAsync();
        report["webhooks"] = webhooks;
        report["ended_grants"] = await life.EndedGrantsAsync();
        report.IsGood &= webhooks.IsGood && await life.EndedGrantsAsync() == 0;
        report.WithLatency(phase).With(await stage.JudgeAsync());
        report["peak_rss_mib"] = stage.System.Usage.PeakMemory();
        return report;
    }

    public static async Task RollAsync(Stage stage)
    {
        foreach (var service in Services)
        {
            foreach (var replica in stage.System.Processes.Replicas(service))
            {
                var (clock, before) = (Stopwatch.StartNew(), stage.System.Processes.Replicas(service));
                RunningSystem.Terminate(replica);
                await IsReplacedAsync(stage, service, before);
                Console.Error.WriteLine($"{service}: a replica restarted in {clock.Elapsed.TotalSeconds:F1} s");
            }
        }
    }

    private static async Task KillAsync(Stage stage, Random random, int kills)
    {
        for (var n = 0; n < kills; n++)
        {
            var service = Services[n % Services.Count];
            var before = stage.System.Processes.Replicas(service);
            await Task.Delay(random.Next(1000));
            RunningSystem.Kill(before[random.Next(before.Count)]);
            var clock = Stopwatch.StartNew();
            await IsReplacedAsync(stage, service, before);
            Console.Error.WriteLine($"kill {n + 1}: {service}, two again in {clock.Elapsed.TotalSeconds:F1} s");
        }
    }

    private static Task IsReplacedAsync(Stage stage, string service, IReadOnlyList<Proc> before) =>
        Until.TrueAsync(
            () => stage.System.IsReplacedAsync(service, before),
            text: $"another replica of {service} to be healthy"
        );
}
