using System.Collections.Concurrent;
using Partner.Contracts;

namespace Partner.Sending.Trail;

/// <summary>The last that Datadog took of a connection, and the last that it did not.</summary>
internal sealed record Trail(DateTimeOffset? SuccessAt, ErrorView? Error)
{
    public static readonly Trail None = new(null, null);

    public Trail With(Trail? later) =>
        later is null
            ? this
            : new Trail(
                Later(SuccessAt, later.SuccessAt),
                later.Error is { } error && !(error.At < Error?.At) ? error : Error
            );

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one > other || other is null ? one : other;
}

/// <summary>
/// Notes each delivery's outcome in memory, at most one entry per connection; <see cref="TrailKeeper"/> makes what is new
/// durable now and then, for whichever instance is asked.
/// </summary>
internal sealed class DeliveryTrail(TimeProvider time)
{
    private const int MaxMessage = 2_000;

    private readonly ConcurrentDictionary<ConnectionId, Trail> _new = [];

    public void Note(ConnectionId connection, Outcome outcome)
    {
        var now = time.GetUtcNow();
        var trail = outcome switch
        {
            Outcome.Delivered => new Trail(now, null),
            Outcome.Unauthorized unauthorized => Failed(now, "unauthorized", unauthorized.Reason),
            Outcome.Rejected rejected => Failed(now, "rejected", rejected.Detail),
            Outcome.Split split => Failed(now, "too_large", split.Detail),
            Outcome.Retry { Unknown: true } retry => Failed(now, "no_answer", retry.Reason),
            Outcome.Retry retry => Failed(now, "retry", retry.Reason),
            _ => throw new InvalidOperationException("An outcome that nobody has heard of."),
        };
        Keep(connection, trail);
    }

    /// <summary>What of this connection is not stored yet.</summary>
    public Trail? Find(ConnectionId connection) => _new.GetValueOrDefault(connection);

    /// <summary>Takes out what is new; what could not be stored comes back by <see cref="Keep"/>.</summary>
    public List<(ConnectionId Connection, Trail Trail)> Take(int most)
    {
        var taken = new List<(ConnectionId, Trail)>();
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

    public void Keep(ConnectionId connection, Trail trail) =>
        _new.AddOrUpdate(connection, static (_, next) => next, static (_, known, next) => known.With(next), trail);

    private static Trail Failed(DateTimeOffset at, string name, string message) =>
        new(null, new ErrorView(name, message.Length > MaxMessage ? message[..MaxMessage] : message, at));
}
