using System.Collections.Concurrent;

namespace Partner.Sending.Status;

/// <summary>The last that Datadog took of a connection, and the last that it did not.</summary>
internal sealed record DeliveryStatus(DateTimeOffset? SuccessAt, ErrorView? Error)
{
    public static readonly DeliveryStatus None = new(null, null);

    public DeliveryStatus With(DeliveryStatus? later) =>
        later is null
            ? this
            : new DeliveryStatus(
                Later(SuccessAt, later.SuccessAt),
                later.Error is { } error && !(error.At < Error?.At) ? error : Error
            );

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one > other || other is null ? one : other;
}

/// <summary>
/// Notes each delivery's outcome in memory, at most one entry per connection; <see cref="DeliveryStatusWriter"/> makes
/// new entries durable now and then, for whichever instance is asked.
/// </summary>
internal sealed class DeliveryStatusTracker(TimeProvider time)
{
    private const int MaxMessage = 2_000;

    private readonly ConcurrentDictionary<ConnectionId, DeliveryStatus> _new = [];

    public void Note(ConnectionId connection, Outcome outcome)
    {
        var now = time.GetUtcNow();
        var status = outcome switch
        {
            Outcome.Delivered => new DeliveryStatus(now, null),
            Outcome.Parked parked => Failed(now, "unauthorized", parked.Reason),
            Outcome.Rejected rejected => Failed(now, "rejected", rejected.Detail),
            Outcome.Split split => Failed(now, "too_large", split.Detail),
            Outcome.Retry { Unknown: true } retry => Failed(now, "no_answer", retry.Reason),
            Outcome.Retry retry => Failed(now, "retry", retry.Reason),
            _ => throw new InvalidOperationException("An outcome that nobody has heard of."),
        };
        Keep(connection, status);
    }

    /// <summary>The connection's status that is not stored yet.</summary>
    public DeliveryStatus? Find(ConnectionId connection) => _new.GetValueOrDefault(connection);

    /// <summary>Takes out the new entries; those that could not be stored come back by <see cref="Keep"/>.</summary>
    public List<(ConnectionId Connection, DeliveryStatus Status)> Take(int most)
    {
        var taken = new List<(ConnectionId, DeliveryStatus)>();
        foreach (var entry in _new)
        {
            if (taken.Count == most)
            {
                break;
            }

            if (_new.TryRemove(entry))
            {
                taken.Add((entry.Key, entry.Value));
            }
        }

        return taken;
    }

    public void Keep(ConnectionId connection, DeliveryStatus status) =>
        _new.AddOrUpdate(connection, static (_, next) => next, static (_, known, next) => known.With(next), status);

    private static DeliveryStatus Failed(DateTimeOffset at, string name, string message) =>
        new(null, new ErrorView(name, message.Length > MaxMessage ? message[..MaxMessage] : message, at));
}
