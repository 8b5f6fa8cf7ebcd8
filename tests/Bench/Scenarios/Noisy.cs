using Partner.Bench.Load;

namespace Partner.Bench.Scenarios;

/// <summary>
/// What good neighbours feel of bad ones. Both runs of a pair offer the same requests at the same times; only a fifth of
/// them, the flood, is spread over all connections in the quiet run and comes from the flooding ones in the noisy run.
/// Measured are the requests of healthy connections that are no part of the flood.
/// </summary>
internal static class Noisy
{
    private const double Exponent = 1.1;
    private const int FloodOneIn = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // A refused lane is probed as rarely as every 5 minutes (services/Senders/Sending/README.md).
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(90);

    public static async Task<Report> RunAsync(Options options)
    {
        await using var stage = await Stage.SetAsync(options, connections: 1_000);
        var (rate, duration) = (options.Rate ?? 20_000, options.Duration(30));
        // Warm, and every lane made.
        await RunAsync(stage, options.Seed, rate, duration, noisy: false);

        var (quiet, noisy, all) = (new List<Phase>(), new List<Phase>(), new List<Phase>());
        for (var pair = 0; pair < options.Pairs; pair++)
        {
            foreach (var isNoisy in pair % 2 == 0 ? new[] { false, true } : [true, false])
            {
                var phase = await RunAsync(stage, options.Seed + pair, rate, duration, isNoisy);
                (isNoisy ? noisy : quiet).Add(phase);
                all.Add(phase);
            }
        }

        await stage.Feed.SettleAsync(LastPatience);
        var (lost, deadLetters, waiting) = await AccountAsync(stage);
        var verdict = await stage.JudgeAsync() with { Lost = lost };
        var ratios = quiet.Zip(noisy, (q, n) => n.Delivery.Percentile(99) / q.Delivery.Percentile(99)).Order().ToList();
        var report = new Report(options)
        {
            ["connections"] = stage.Tenants.Count,
            ["offered_items_per_second"] = rate,
            ["seconds"] = duration.TotalSeconds,
            ["quiet_delivery_p99_ms"] = quiet.Select(p => p.Delivery.Percentile(99)),
            ["noisy_delivery_p99_ms"] = noisy.Select(p => p.Delivery.Percentile(99)),
            ["ratios"] = ratios.Select(r => Math.Round(r, 3)),
            ["ratio"] = Math.Round(ratios[ratios.Count / 2], 3),
            ["spread"] = Math.Round(SpreadOf(quiet), 3),
            ["healthy_refused"] = all.Sum(p => p.Refused + p.Unknown),
            ["dead_letters"] = deadLetters,
            ["waiting"] = waiting,
        }.With(verdict);
        report["kills"] = 0;
        report["peak_rss_mib"] = stage.System.Usage.PeakMemory();
        return report;
    }

    private static async Task<Phase> RunAsync(Stage stage, int seed, double rate, TimeSpan duration, bool noisy)
    {
        if (noisy)
        {
            await Poison.BeginAsync(stage);
        }

        var (measured, rest, random) = (new Phase("measured"), new Phase("rest"), new Random(seed));
        var zipf = new Zipf(stage.Tenants.Count, Exponent, random);
        var flooding = Enumerable.Range(0, stage.Tenants.Count).Where(Poison.IsFlooding).ToList();
        using var end = new CancellationTokenSource(duration);
        await OpenLoop.RunAsync(stage.Client, rate / stage.Shape.ItemsPerRequest, Pick, end.Token);
        await stage.System.Sandbox.ClearFaultsAsync();
        await stage.Feed.SettleAsync(Patience);
        Console.Error.WriteLine(
            $"{(noisy ? "noisy" : "quiet")}: healthy p99 {measured.Delivery.Percentile(99)} ms, {measured.Acked} acked"
        );
        return measured;

        (int, Phase) Pick(long n)
        {
            lock (random)
            {
                var connection = zipf.Pick(random);
                if (n % FloodOneIn != 0)
                {
                    return (connection, Poison.IsPoisoned(connection) ? rest : measured);
                }

                return (noisy && flooding.Count > 0 ? flooding[random.Next(flooding.Count)] : connection, rest);
            }
        }
    }

    /// <summary>What did not arrive is lost, unless the system says itself that it was given up or waits.</summary>
    private static async Task<(long Lost, long DeadLetters, long Waiting)> AccountAsync(Stage stage)
    {
        var (lost, deadLetters, waiting) = (0L, 0L, 0L);
        foreach (var (connection, missing) in stage.Ledger.Missing().Where(m => m.Value > 0))
        {
            var known = await stage.System.Backend.DeliveriesAsync(
                stage.Shape.Name,
                stage.Tenants[connection].Connection.Id
            );
            deadLetters += known.DeadLetters;
            waiting += known.Backlog.Items;
            // A healthy connection has no reason to give anything up.
            lost += Poison.IsPoisoned(connection)
                ? Math.Max(0, missing - known.DeadLetters - known.Backlog.Items)
                : missing;
        }

        return (lost, deadLetters, waiting);
    }

    /// <summary>How far equal quiet runs are apart, as a part of their median.</summary>
    private static double SpreadOf(IEnumerable<Phase> phases)
    {
        var values = phases.Select(p => p.Delivery.Percentile(99)).Order().ToList();
        return (values[^1] - values[0]) / values[values.Count / 2];
    }
}
