namespace Partner.Sandbox.Traffic;

/// <summary>
/// Intake requests kept waiting until they are released. Until then nothing of them is recorded; a client that leaves
/// meanwhile has sent nothing.
/// </summary>
public sealed class Holds
{
    private readonly Lock _lock = new();
    private readonly List<(TrafficFilter Filter, TaskCompletionSource Release)> _holds = [];
    private readonly Level _waiting = new();

    public int Waiting => _waiting.Value;

    public Task WaitForAsync(int waiting, CancellationToken cancellationToken) =>
        _waiting.ReachesAsync(waiting, cancellationToken);

    public void Hold(TrafficFilter filter)
    {
        lock (_lock)
        {
            _holds.Add((filter, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _holds.ForEach(hold => hold.Release.SetResult());
            _holds.Clear();
        }
    }

    internal async Task RunAsync(HttpContext context, RequestDelegate next, CancellationToken stopping)
    {
        if (Find(context) is { } release && !await ReleasedAsync(context, release, stopping))
        {
            context.Exchange().Fact = Fact.Held;
            context.Exchange().Aborted = true;
            context.Abort();
            return;
        }

        await next(context);
    }

    private async Task<bool> ReleasedAsync(HttpContext context, Task release, CancellationToken stopping)
    {
        _waiting.Add(1);
        try
        {
            using var left = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await release.WaitAsync(left.Token);
            return !left.IsCancellationRequested;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            _waiting.Add(-1);
        }
    }

    private Task? Find(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IntakeEndpoint>() is null)
        {
            return null;
        }

        lock (_lock)
        {
            return _holds.Find(h => h.Filter.Matches(context.Exchange(), context.Request.Path)).Release?.Task;
        }
    }
}
