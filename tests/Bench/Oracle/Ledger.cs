using System.Diagnostics;
using Partner.Sandbox.Intake;

namespace Partner.Bench.Oracle;

/// <summary>
/// The oracle: every item has an id, every ack is an obligation. An item's id is its request's first id and its place.
/// </summary>
/// <param name="exact">Items arrive byte for byte.</param>
internal sealed class Ledger(int itemsPerRequest, bool exact)
{
    private readonly Lock _lock = new();
    private readonly List<Request?> _requests = [];
    private readonly Dictionary<string, int> _connections = [];
    private long _acked;
    private long _arrived;
    private long _ackedArrived;
    private long _duplicates;
    private long _invented;
    private long _changed;

    public long Acked => Volatile.Read(ref _acked);

    /// <summary>Different items.</summary>
    public long Arrived => Volatile.Read(ref _arrived);

    /// <summary>Acked, and not seen to arrive.</summary>
    public long Backlog
    {
        get
        {
            lock (_lock)
            {
                return _acked - _ackedArrived;
            }
        }
    }

    public void AddConnection(string org, int connection) => _connections[org] = connection;

    /// <summary>The first id of a request that is about to be made.</summary>
    public ulong Reserve()
    {
        lock (_lock)
        {
            _requests.Add(null);
            return (ulong)(_requests.Count - 1) * (ulong)itemsPerRequest;
        }
    }

    public void Sending(ulong first, Request request)
    {
        lock (_lock)
        {
            _requests[(int)(first / (ulong)itemsPerRequest)] = request;
        }
    }

    public void Answered(Request request, Answer answer)
    {
        lock (_lock)
        {
            request.Answer = answer;
            if (answer is Answer.Acked)
            {
                _acked += request.Hashes.Length;
                _ackedArrived += request.Arrivals.Count(n => n > 0);
            }
        }
    }

    public void Arrive(MarkedBatch batch)
    {
        lock (_lock)
        {
            for (var i = 0; i < batch.Ids.Length; i++)
            {
                Arrive(batch.Org, batch.Ids[i], batch.Hashes[i], batch.At);
            }
        }
    }

    public Verdict Judge()
    {
        lock (_lock)
        {
            var (lost, unacked, unackedArrived) = (0L, 0L, 0L);
            foreach (var request in _requests.OfType<Request>())
            {
                var arrived = request.Arrivals.Count(n => n > 0);
                if (request.Answer is Answer.Acked)
                {
                    lost += request.Arrivals.Length - arrived;
                }
                else
                {
                    unacked += request.Arrivals.Length;
                    unackedArrived += arrived;
                }
            }

            return new Verdict(_acked, _arrived, lost, _invented, _changed, _duplicates, unacked, unackedArrived);
        }
    }

    /// <summary>Acked items that have not arrived, by connection.</summary>
    public IReadOnlyDictionary<int, long> Missing()
    {
        lock (_lock)
        {
            return _requests
                .OfType<Request>()
                .Where(r => r.Answer is Answer.Acked)
                .GroupBy(r => r.Connection)
                .ToDictionary(group => group.Key, group => group.Sum(r => r.Arrivals.LongCount(n => n == 0)));
        }
    }

    private void Arrive(string org, ulong id, ulong hash, long at)
    {
        var request =
            id / (ulong)itemsPerRequest is var number && number < (ulong)_requests.Count
                ? _requests[(int)number]
                : null;
        var place = (int)(id % (ulong)itemsPerRequest);
        // An org that no load was for (the demo's tenant) is none of ours.
        if (request is null || !_connections.TryGetValue(org, out var connection) || connection != request.Connection)
        {
            _invented += request is null && !_connections.ContainsKey(org) ? 0 : 1;
            return;
        }

        _changed += exact && request.Hashes[place] != hash ? 1 : 0;
        if (request.Arrivals[place] > 0)
        {
            _duplicates++;
        }
        else
        {
            _arrived++;
            _ackedArrived += request.Answer is Answer.Acked ? 1 : 0;
            request.Phase.Delivery.Add(Stopwatch.GetElapsedTime(request.ScheduledAt, at));
        }

        request.Arrivals[place] = (byte)Math.Min(byte.MaxValue, request.Arrivals[place] + 1);
    }
}
