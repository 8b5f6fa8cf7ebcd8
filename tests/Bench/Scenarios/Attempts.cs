using System.Collections.Concurrent;

namespace Partner.Bench.Scenarios;

/// <summary>What a partner's backend does: it tries again, each second, and what failed is counted by its reason.</summary>
internal sealed class Attempts
{
    private const int Most = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, int> _failures = new();
    private int _never;

    /// <returns>Null: it failed however often it was tried.</returns>
    public async Task<T?> TryAsync<T>(string what, Func<Task<T>> attempt)
        where T : class
    {
        for (var n = 0; n < Most; n++)
        {
            try
            {
                return await attempt();
            }
            catch (Exception failed)
                when (failed is HttpRequestException or InvalidOperationException or TaskCanceledException)
            {
                var reason = failed is HttpRequestException http
                    ? http.StatusCode is { } status
                        ? $"{(int)status}"
                        : $"{http.HttpRequestError}"
                    : failed.Message.Split('\n')[0];
                _failures.AddOrUpdate($"{what}: {reason}", 1, (_, count) => count + 1);
            }

            await Task.Delay(Pause);
        }

        Interlocked.Increment(ref _never);
        return null;
    }

    /// <summary>What was counted since the last call: what failed in all its attempts, and each failed attempt.</summary>
    public (int Never, IReadOnlyDictionary<string, int> Failures) Take()
    {
        var failures = _failures.ToDictionary();
        _failures.Clear();
        return (Interlocked.Exchange(ref _never, 0), failures);
    }
}
