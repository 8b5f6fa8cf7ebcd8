namespace Partner.Auth;

/// <summary>
/// For values that Datadog tells only once: tried until they are stored or the process ends. Own code beside Polly,
/// which would need a pipeline for each call, since the work between two tries belongs to the call.
/// </summary>
internal sealed partial class StoreRetry(TimeProvider time, ILogger<StoreRetry> logger)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <param name="meanwhile">Done before each further try; its failure does not matter.</param>
    public async Task<T> UntilStoredAsync<T>(string what, Func<Task<T>> store, Func<Task>? meanwhile = null)
    {
        for (var pause = First; ; pause = pause * 2 < Longest ? pause * 2 : Longest)
        {
            try
            {
                return await store();
            }
            catch (Exception exception)
                when (Problems.IsUnavailable(exception) || exception is OperationCanceledException)
            {
                Log.NotStored(logger, what, exception.GetType().Name, pause);
            }

            await Task.Delay(pause, time);
            await TryAsync(meanwhile);
        }
    }

    private static async Task TryAsync(Func<Task>? action)
    {
        try
        {
            await (action?.Invoke() ?? Task.CompletedTask);
        }
        catch (Exception exception) when (Problems.IsUnavailable(exception))
        {
            // The store's own failure is the one that counts.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "The {What} is in memory only: storing failed with {Exception}; next try in {Pause}. Do not stop this process."
        )]
        public static partial void NotStored(ILogger logger, string what, string exception, TimeSpan pause);
    }
}
