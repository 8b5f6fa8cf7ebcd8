using System.Diagnostics;

namespace Partner.Bench.Load;

/// <summary>
/// Requests on a schedule that does not care for answers, so that a stall shows in every request that it delayed and not
/// in one alone (no coordinated omission).
/// </summary>
internal static class OpenLoop
{
    // Each holds a socket. Beyond, a request waits here, and the wait is counted as its latency.
    private const int MaxUnderWay = 2_000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>The connections in turn.</summary>
    public static Task RunAsync(Client client, double perSecond, Phase phase, CancellationToken stop) =>
        RunAsync(client, perSecond, n => ((int)(n % client.Connections), phase), stop);

    /// <param name="perSecond">Requests.</param>
    /// <param name="pick">The connection of the n-th request, and what it counts for.</param>
    public static async Task RunAsync(
        Client client,
        double perSecond,
        Func<long, (int Connection, Phase Phase)> pick,
        CancellationToken stop
    )
    {
        using var room = new SemaphoreSlim(MaxUnderWay);
        var (started, interval) = (Stopwatch.GetTimestamp(), Stopwatch.Frequency / perSecond);
        for (var n = 0L; !stop.IsCancellationRequested; n++)
        {
            var scheduledAt = started + (long)(n * interval);
            while (Stopwatch.GetTimestamp() < scheduledAt)
            {
                await Task.Delay(Tick, CancellationToken.None);
            }

            await room.WaitAsync(CancellationToken.None);
            _ = SendAsync(n, scheduledAt);
        }

        for (var left = MaxUnderWay; left > 0; left--)
        {
            await room.WaitAsync(CancellationToken.None);
        }

        async Task SendAsync(long n, long scheduledAt)
        {
            await Task.Yield();
            try
            {
                var (connection, phase) = pick(n);
                await client.SendAsync(connection, scheduledAt, phase);
            }
            finally
            {
                room.Release();
            }
        }
    }
}
