using System.Collections.Concurrent;
using Xunit;

namespace Partner.Testing.Fuzzing;

/// <summary>Many cases, some at once, each made of its own seed: what fails can be made again.</summary>
public static class FuzzRun
{
    private const int AtOnce = 16;

    /// <param name="ask">By a case's number, from 0: what it was answered (a status, mostly), and what is wrong with that; null: nothing.</param>
    /// <returns>How often each answer came.</returns>
    public static async Task<IReadOnlyDictionary<string, int>> RunAsync(
        int seed,
        int count,
        Func<Mutator, int, Task<(string Answer, string? Fault)>> ask
    )
    {
        var (faults, answers) = (new ConcurrentQueue<string>(), new ConcurrentDictionary<string, int>());
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (number, _) =>
            {
                var (answer, fault) = await ask(new Mutator(seed + number), number);
                answers.AddOrUpdate(answer, 1, (_, n) => n + 1);
                if (fault is not null)
                {
                    faults.Enqueue($"{seed + number}: {fault}");
                }
            }
        );
        Assert.True(faults.IsEmpty, string.Join("\n---\n", faults.Take(10)));
        return answers;
    }
}
