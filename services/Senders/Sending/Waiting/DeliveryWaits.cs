using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Partner.Sending.Outbox;

namespace Partner.Sending.Waiting;

/// <summary>
/// The requests that wait for their delivery, by the segments that they are in: those are theirs alone. A request that
/// does not wait costs one look at a number here.
/// </summary>
internal sealed class DeliveryWaits(TimeProvider time, IHostApplicationLifetime lifetime, IOptions<WaitOptions> options)
{
    public const string Parameter = "wait";
    private const string Value = "delivered";

    private readonly ConcurrentDictionary<long, DeliveryWait> _bySegment = [];
    private int _waiting;
    private int _segments;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <returns>Null: the request does not ask for it.</returns>
    public DeliveryWait? TryBegin(HttpRequest request) =>
        request.QueryString.HasValue && request.Query[Parameter] == Value ? new DeliveryWait(this) : null;

    /// <summary>Until all of it is delivered or rejected, or for as long as is allowed; not while this process is stopping.</summary>
    public async Task<DeliveryVerdict> WaitAsync(DeliveryWait wait, CancellationToken cancellationToken)
    {
        wait.CompleteIfDone();
        if (Interlocked.Increment(ref _waiting) <= options.Value.MaxWaiting)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken,
                lifetime.ApplicationStopping
            );
            await wait
                .Done.WaitAsync(options.Value.Longest, time, ending.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Interlocked.Decrement(ref _waiting);
        return wait.Verdict;
    }

    public void Register(long segment, DeliveryWait wait)
    {
        _bySegment[segment] = wait;
        Interlocked.Increment(ref _segments);
    }

    public void End(IReadOnlyList<long> segments)
    {
        foreach (var segment in segments)
        {
            if (_bySegment.TryRemove(segment, out _))
            {
                Interlocked.Decrement(ref _segments);
            }
        }
    }

    /// <summary>Datadog has answered for these.</summary>
    public void Settled(IReadOnlyList<Settlement> settlements)
    {
        if (Volatile.Read(ref _segments) == 0)
        {
            return;
        }

        foreach (var settlement in settlements)
        {
            if (_bySegment.TryGetValue(settlement.Segment.Id, out var wait))
            {
                wait.Settled(settlement);
            }
        }
    }
}
