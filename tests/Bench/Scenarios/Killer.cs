using System.Diagnostics;
using Partner.Bench.Load;
using Partner.Bench.Machine;
using Partner.Testing;

namespace Partner.Bench.Scenarios;

/// <summary>Kills in rounds, each round all targets in a new order, so that every target gets its even share.</summary>
internal sealed class Killer(Stage stage, Random random, string[] targets)
{
    private readonly string[] _round = [.. targets];

    /// <summary>What deliveries go through while something is killed.</summary>
    private enum Trouble
    {
        /// <summary>Datadog takes its time.</summary>
        Slow,

        /// <summary>Datadog has the request and has done nothing yet.</summary>
        Held,

        /// <summary>Datadog has taken half of them and has not said so yet: what dies now has to send them twice.</summary>
        Unanswered,
    }

    public SortedDictionary<string, int> Kills { get; } = [];

    public long SmallestBacklog { get; private set; } = long.MaxValue;

    /// <summary>From a kill until the target is healthy and something passes the whole system again.</summary>
    public Histogram Returns { get; } = new();

    public async Task KillAsync(int number)
    {
        if (number % targets.Length == 0)
        {
            random.Shuffle(_round);
        }

        var target = _round[number % targets.Length];
        var trouble = (Trouble)random.Next(3);
        await BeginAsync(trouble);

        await Task.Delay(random.Next(500));
        var victim = await FindAsync(target);
        var backlog = 0L;
        await Until.TrueAsync(() => (backlog = stage.Ledger.Backlog) > 0, text: $"a backlog to kill {target} at");
        RunningSystem.Kill(victim);
        SmallestBacklog = Math.Min(SmallestBacklog, backlog);
        var clock = Stopwatch.StartNew();
        Kills[target] = Kills.GetValueOrDefault(target) + 1;
        await Task.Delay(random.Next(500));
        await EndAsync(trouble);

        await Until.TrueAsync(() => stage.System.IsBackAsync(target, victim), text: $"{target} to be back");
        var (acked, arrived) = (stage.Ledger.Acked, stage.Ledger.Arrived);
        await Until.TrueAsync(
            () => stage.Ledger.Acked > acked && stage.Ledger.Arrived > arrived,
            text: $"progress after the kill of {target}"
        );
        Returns.Add(clock.Elapsed);
        Console.Error.WriteLine(
            $"kill {number + 1}: {target}, back in {clock.Elapsed.TotalSeconds:F1} s; {stage.Ledger.Acked} acked, backlog {stage.Ledger.Backlog}"
        );
    }

    private async Task BeginAsync(Trouble trouble)
    {
        var (sandbox, path) = (stage.System.Sandbox, $"/{stage.Shape.Intake}");
        if (trouble is Trouble.Held)
        {
            await sandbox.HoldAsync(new { });
            return;
        }

        if (trouble is Trouble.Unanswered)
        {
            await sandbox.FaultAsync(
                new
                {
                    action = "drip",
                    delayMs = 300,
                    path,
                    probability = 0.5,
                }
            );
        }

        // The first fault that matches counts.
        await sandbox.FaultAsync(
            new
            {
                action = "delay",
                delayMs = 300,
                path,
            }
        );
    }

    private Task EndAsync(Trouble trouble) =>
        trouble is Trouble.Held ? stage.System.Sandbox.ReleaseAsync() : stage.System.Sandbox.ClearFaultsAsync();

    private async Task<Proc> FindAsync(string target) =>
        (
            await Until.AnsweredAsync(
                () => stage.System.Processes.Find(target),
                found => found is not null,
                text: $"{target} to run"
            )
        )!;
}
