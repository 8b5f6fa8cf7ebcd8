using System.Diagnostics;

namespace Partner.AppHost.Tests;

internal static class Wait
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Asks until the answer satisfies; after a minute and a half, or as long as it is told, fails with the last one.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> satisfied, TimeSpan? patience = null)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (satisfied(answer))
            {
                return answer;
            }

            Assert.True(clock.Elapsed < (patience ?? Patience), $"Waited in vain; the last answer was {answer}.");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }
}
