using System.Collections.Concurrent;
using System.Diagnostics;
using Partner.Bench.Oracle;

namespace Partner.Bench.Load;

/// <summary>What came of sending once.</summary>
/// <param name="Reason">The status, or the kind of the network's error.</param>
/// <param name="RetryAfter">As the answer asks.</param>
internal sealed record Attempt(Answer Answer, string Reason, TimeSpan? RetryAfter);

/// <summary>
/// Sends again as Datadog's clients do: after a 5xx, a 429 and a lost connection, as late as Retry-After says. Counts
/// what it had to mend.
/// </summary>
internal sealed class Retries
{
    private const int Attempts = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, int> _reasons = new();
    private int _requests;
    private int _mended;
    private int _never;
    private long _longest;

    public async Task<Answer> RunAsync(Func<Task<Attempt>> send)
    {
        Interlocked.Increment(ref _requests);
        var started = Stopwatch.GetTimestamp();
        for (var n = 1; ; n++)
        {
            var attempt = await send();
            if (attempt.Answer is Answer.Acked)
            {
                if (n > 1)
                {
                    Interlocked.Increment(ref _mended);
                    Note((long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }

                return attempt.Answer;
            }

            _reasons.AddOrUpdate(attempt.Reason, 1, (_, count) => count + 1);
            // No client repeats another 4xx: its data is gone.
            if (n == Attempts || (attempt.Answer is Answer.Refused && attempt.Reason is not "429"))
            {
                Interlocked.Increment(ref _never);
                return attempt.Answer;
            }

            await Task.Delay(attempt.RetryAfter ?? Pause);
        }
    }

    /// <summary>What was counted since the last call.</summary>
    public Counts Take()
    {
        var reasons = _reasons.ToDictionary();
        foreach (var (reason, count) in reasons)
        {
            _reasons.AddOrUpdate(reason, 0, (_, now) => now - count);
        }

        return new Counts(
            Interlocked.Exchange(ref _requests, 0),
            Interlocked.Exchange(ref _mended, 0),
            Interlocked.Exchange(ref _never, 0),
            Interlocked.Exchange(ref _longest, 0),
            reasons.Where(r => r.Value > 0).ToDictionary()
        );
    }

    private void Note(long milliseconds)
    {
        while (Interlocked.Read(ref _longest) is var longest && longest < milliseconds)
        {
            if (Interlocked.CompareExchange(ref _longest, milliseconds, longest) == longest)
            {
                return;
            }
        }
    }

    /// <param name="Mended">Requests that failed at first and that a retry mended.</param>
    /// <param name="Never">Requests that no retry mended.</param>
    /// <param name="LongestMs">From the first attempt to the one that passed.</param>
    /// <param name="FailedAttempts">By status, or by kind of the network's error.</param>
    internal sealed record Counts(
        int Requests,
        int Mended,
        int Never,
        long LongestMs,
        IReadOnlyDictionary<string, int> FailedAttempts
    );
}
