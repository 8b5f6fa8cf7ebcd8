using System.Collections.Concurrent;

namespace Partner.Auth.Tokens;

/// <summary>Callers that ask the same at the same time share one run of it. The run does not end with its first
/// caller.</summary>
internal sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TResult>>> _flights = [];

    public Task<TResult> RunAsync(TKey key, Func<Task<TResult>> run, CancellationToken cancellationToken)
    {
        var flight = _flights.GetOrAdd(key, _ => new Lazy<Task<TResult>>(() => RunAndForgetAsync(key, run)));
        return flight.Value.WaitAsync(cancellationToken);
    }

    private async Task<TResult> RunAndForgetAsync(TKey key, Func<Task<TResult>> run)
    {
        await Task.Yield();
        try
        {
            return await run();
        }
        finally
        {
            _flights.TryRemove(key, out _);
        }
    }
}
