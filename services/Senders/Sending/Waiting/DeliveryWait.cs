using System.Net;
using Partner.Sending.Outbox;

namespace Partner.Sending.Waiting;

/// <summary>
/// The outcome of one request's items. An item that is neither delivered nor rejected is still to be sent.
/// </summary>
/// <param name="Messages">Of the rejected, without repeats; the first few.</param>
internal sealed record DeliveryVerdict(
    int Items,
    int Delivered,
    int Rejected,
    int? Status,
    IReadOnlyList<string> Messages
)
{
    public bool IsPending => Delivered + Rejected < Items;
}

/// <summary>
/// One request that waits for its items. It keeps numbers and the ids of its segments, which hold nothing else, so that
/// a settlement says all that it has to know.
/// </summary>
internal sealed class DeliveryWait(DeliveryWaits waits) : IDisposable
{
    private const int MaxMessages = 3;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<long> _segments = [];
    private readonly List<string> _messages = [];
    private int _items;
    private int _expected;
    private int _delivered;
    private int _rejected;
    private int? _status;

    public Task Done => _done.Task;

    public DeliveryVerdict Verdict
    {
        get
        {
            lock (_lock)
            {
                return new DeliveryVerdict(_items, _delivered, _rejected, _status, [.. _messages]);
            }
        }
    }

    /// <summary>Before the commit, so that no delivery is faster.</summary>
    public void Expect(long segment, int items)
    {
        lock (_lock)
        {
            _segments.Add(segment);
            _items += items;
            _expected += items;
        }

        waits.Register(segment, this);
    }

    /// <summary>The commit stored nothing; what is stored after all is said anew.</summary>
    public void ExpectNothing()
    {
        lock (_lock)
        {
            waits.End(_segments);
            _segments.Clear();
            (_items, _expected) = (_items - _expected, 0);
        }
    }

    /// <summary>Given up when they were accepted. They are told first, though a delivery may have been faster.</summary>
    public void Refused(IReadOnlyList<DeadLetter> dead)
    {
        lock (_lock)
        {
            _items += dead.Sum(letter => letter.Items);
            var (status, messages) = (_status, _messages.ToArray());
            _status = null;
            _messages.Clear();
            Reject(dead);
            _status ??= status;
            Tell(messages);
        }
    }

    public void Settled(Settlement settlement)
    {
        lock (_lock)
        {
            _delivered += settlement.Delivered;
            Reject(settlement.Dead);
        }

        CompleteIfDone();
    }

    /// <summary>There is nothing to wait for, or not any more.</summary>
    public void CompleteIfDone()
    {
        if (!Verdict.IsPending)
        {
            _done.TrySetResult();
        }
    }

    public void Dispose() => waits.End(_segments);

    private void Reject(IReadOnlyList<DeadLetter> dead)
    {
        _rejected += dead.Sum(letter => letter.Items);
        foreach (var letter in dead)
        {
            _status ??= StatusOf(letter);
        }

        Tell(dead.Select(letter => letter.Detail));
    }

    private void Tell(IEnumerable<string> messages) =>
        _messages.AddRange(messages.Distinct().Except(_messages).Take(MaxMessages - _messages.Count).ToArray());

    // Datadog's own; ours where it was never asked. No other may be told: the gateway
    // takes 401, 403 and 5xx for failures of ours, and nothing of that kind rejects an item.
    private static int StatusOf(DeadLetter letter) =>
        letter.Status is HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity ? (int)letter.Status
        : letter.Reason == DeadLetterReason.TooLarge ? 413
        : 400;
}
