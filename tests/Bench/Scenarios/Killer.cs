using System.Diagnostics;
using Partner.Bench.Load;
using Partner.Bench.Machine;

namespace Partner.Bench.Scenarios;

/// <summary>Kills in rounds, each round all targets in a new order, so that every target gets its even share.</summary>
internal sealed class Killer(Stage stage, Random random, string[] targets)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly string[] _round = [.. targets];

    /// <summary>What deliveries go through while something is killed.</summary>
    private enum Trouble
    {
        None,

        /// <summary>Datadog has the request and has done nothing yet.</summary>
        Held,

        /// <summary>Datadog has taken the items and has not said so yet: what dies now has to send them twice.</summary>
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
        await UntilAsync($"a backlog to kill {target} at", () => Task.FromResult(stage.Ledger.Backlog > 0));
        var victim = await FindAsync(target);
        SmallestBacklog = Math.Min(SmallestBacklog, stage.Ledger.Backlog);
        RunningSystem.Kill(victim);
        var clock = Stopwatch.StartNew();
        Kills[target] = Kills.GetValueOrDefault(target) + 1;
        await Task.Delay(random.Next(500));
        await EndAsync(trouble);

        await UntilAsync($"{target} to be back", () => stage.System.IsBackAsync(target, victim));
        var (acked, arrived) = (stage.Ledger.Acked, stage.Ledger.Arrived);
        await UntilAsync(
            $"progress after the kill of {target}", () => Task.FromResult(stage.Ledger.Acked > acked && stage.Ledger.Arrived > arrived));
        Returns.Add(clock.Elapsed);
        Console.Error.WriteLine(
            $"kill {number + 1}: {target}, back in {clock.Elapsed.TotalSeconds:F1} s; {stage.Ledger.Acked} acked, backlog {stage.Ledger.Backlog}");
    }

    private Task BeginAsync(Trouble trouble) => trouble switch
    {
        Trouble.Held => stage.System.Sandbox.HoldAsync(new { }),
        Trouble.Unanswered => stage.System.Sandbox.FaultAsync(new { action = "drip", delayMs = 300, path = $"/{stage.Shape.Intake}" }),
        _ => Task.CompletedTask,
    };

    private Task EndAsync(Trouble trouble) => trouble switch
    {
        Trouble.Held => stage.System.Sandbox.ReleaseAsync(),
        Trouble.Unanswered => stage.System.Sandbox.ClearFaultsAsync(),
        _ => Task.CompletedTask,
    };

    private async Task<Proc> FindAsync(string target)
    {
        Proc? found = null;
        await UntilAsync($"{target} to run", () => Task.FromResult((found = stage.System.Processes.Find(target)) is not null));
        return found!;
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        var clock = Stopwatch.StartNew();
        while (!await holds())
        {
            if (clock.Elapsed > Limit)
            {
                throw new TimeoutException($"Waited two minutes for {what}.");
            }

            await Task.Delay(Look);
        }
    }
}
