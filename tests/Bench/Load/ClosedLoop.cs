using System.Diagnostics;
using Partner.Bench.Oracle;

namespace Partner.Bench.Load;

/// <summary>So many requests under way at all times: finds the maximum, and says nothing about latency at any other load.</summary>
internal static class ClosedLoop
{
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMilliseconds(100);

    /// <returns>How long it was.</returns>
    public static async Task<TimeSpan> RunAsync(Client client, int workers, TimeSpan duration, Phase phase)
    {
        var (started, next) = (Stopwatch.GetTimestamp(), 0);
        await Task.WhenAll(
            Enumerable
                .Range(0, workers)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        while (Stopwatch.GetElapsedTime(started) < duration)
                        {
                            var connection = (int)((uint)Interlocked.Increment(ref next) % (uint)client.Connections);
                            if (await client.SendAsync(connection, Stopwatch.GetTimestamp(), phase) is not Answer.Acked)
                            {
                                await Task.Delay(PauseAfterRefusal);
                            }
                        }
                    })
                )
        );
        return Stopwatch.GetElapsedTime(started);
    }
}
