using System.Collections.Concurrent;

namespace Partner.ServiceDefaults;

/// <summary>
/// Callers that ask the same at the same time share one run of it. The run does not end with its first caller.
/// </summary>
public sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TResult>>> _flights = [];

    /// <summary>
    /// The result or the exception of <paramref name="run"/>, to all callers; cancelling leaves the run to the others.
    /// </summary>
    public Task<TResult> RunAsync(TKey key, Func<Task<TResult>> run, CancellationToken cancellationToken)
    {
        var flight = _flights.GetOrAdd(key, _ => new Lazy<Task<TResult>>(() => RunAndForgetAsync(key, run)));
        return flight.Value.WaitAsync(cancellationToken);
    }

    private async Task<TResult> RunAndForgetAsync(TKey key, Func<Task<TResult>> run)
    {
        // The run must not be over before it is in the table that it is taken out of.
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
