namespace Partner.Auth.Datadog;

/// <summary>
/// Cancels after a time that this process has lived through. A process that was paused for a minute (faults F5) finds
/// its answer waiting in the socket; a timeout by the clock would throw it away on waking, and with it perhaps the only
/// live refresh token.
/// </summary>
internal sealed class ProcessTimeout : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _source;
    private readonly ITimer _timer;
    private int _left;

    public ProcessTimeout(TimeSpan life, TimeProvider time, CancellationToken cancellationToken = default)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _left = (int)Math.Ceiling(life / Tick);
        // A periodic timer fires once, however many ticks were missed.
        _timer = time.CreateTimer(_ => Count(), null, Tick, Tick);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    private void Count()
    {
        if (Interlocked.Decrement(ref _left) != 0)
        {
            return;
        }

        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The answer came with the last tick.
        }
    }
}
