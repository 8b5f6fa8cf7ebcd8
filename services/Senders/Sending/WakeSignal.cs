using System.Threading.Channels;

namespace Partner.Sending;

/// <summary>Wakes one loop; however many ask for it meanwhile, it wakes once.</summary>
internal sealed class WakeSignal
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    /// <summary>Never blocks.</summary>
    public void Set() => _signal.Writer.TryWrite(true);

    /// <summary>Until it is set, or for so long.</summary>
    /// <returns>True: it was set.</returns>
    public async Task<bool> WaitAsync(TimeSpan most, TimeProvider time, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(
            _signal.Reader.WaitToReadAsync(waiting.Token).AsTask(),
            Task.Delay(most, time, waiting.Token)
        );
        await waiting.CancelAsync();
        return _signal.Reader.TryRead(out _);
    }
}
