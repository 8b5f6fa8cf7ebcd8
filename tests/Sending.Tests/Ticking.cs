using System.Diagnostics;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

internal static class Ticking
{
    /// <summary>Moves the clock on until it is so, no faster than the loops at the database, which live by it too, follow.</summary>
    public static async Task<bool> TickUntilAsync(
        this ManualTimeProvider time,
        SendingHost host,
        Func<Task<bool>> done,
        double seconds = 1
    )
    {
        for (var i = 0; i < 300; i++)
        {
            if (await done())
            {
                return true;
            }

            await time.TickAsync(host, TimeSpan.FromSeconds(seconds));
        }

        return false;
    }

    /// <summary>Much time at once, and a little more until the lease, which has run out by then, is renewed.</summary>
    public static async Task JumpAsync(this ManualTimeProvider time, SendingHost host, TimeSpan by)
    {
        time.Advance(by);
        await Until.TrueAsync(
            () => host.Get<Instance>().IsHeld,
            meanwhile: () => time.Advance(TimeSpan.FromSeconds(2))
        );
    }

    private static async Task TickAsync(this ManualTimeProvider time, SendingHost host, TimeSpan by)
    {
        time.Advance(by);
        // While they are behind it goes as fast as a real one and no faster: whoever looked late waits for this very clock.
        var started = Stopwatch.GetTimestamp();
        while (IsBehind() && Stopwatch.GetElapsedTime(started) < by)
        {
            await Task.Delay(10);
        }

        await Task.Delay(10);

        bool IsBehind() =>
            !host.Get<Instance>().IsHeld
            || time.GetElapsedTime(Math.Min(host.Get<Instance>().LastLook, host.Get<OrphanClaimer>().LastLook))
                > TimeSpan.FromSeconds(4);
    }
}
