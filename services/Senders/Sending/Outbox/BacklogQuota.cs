using Microsoft.Extensions.Options;
using Partner.Sending.Accept;

namespace Partner.Sending.Outbox;

/// <summary>Whether there is room for more.</summary>
internal enum Room
{
    Enough,
    ConnectionFull,
    OutboxFull,
}

/// <summary>
/// How much is undelivered, and kept of idempotency keys, of each connection and of all, against what may be (F22): what the database held at the
/// last look, and what this instance has added and ended since. So it is right after a restart; of the other instances'
/// doings it misses at most those between two looks. In doubt, while a look is under way, it counts too much.
/// </summary>
internal sealed class BacklogQuota(BacklogStore store, IOptions<OutboxOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ConnectionId, Usage> _connections = [];
    private readonly Usage _all = new();
    private bool _looking;

    /// <param name="isPublic">
    /// What strangers may send finds the connection full at half, so that its backend has the other half.
    /// </param>
    public Room Look(ConnectionId connection, bool isPublic)
    {
        lock (_lock)
        {
            var usage = _connections.GetValueOrDefault(connection);
            var room = Find(usage, 1);
            return room == Room.Enough && isPublic && usage?.Total > options.Value.MaxConnectionBacklogBytes / 2
                ? Room.ConnectionFull
                : room;
        }
    }

    /// <summary>Takes room for bytes that are about to be committed.</summary>
    public Room TryTake(ConnectionId connection, long bytes)
    {
        lock (_lock)
        {
            var usage = _connections.GetValueOrDefault(connection) ?? (_connections[connection] = new());
            var room = Find(usage, bytes);
            if (room == Room.Enough)
            {
                usage.InFlight += bytes;
                _all.InFlight += bytes;
            }

            return room;
        }
    }

    /// <summary>The commit is over, whether it succeeded or not.</summary>
    public void Give(ConnectionId connection, long bytes)
    {
        lock (_lock)
        {
            _connections[connection].InFlight -= bytes;
            _all.InFlight -= bytes;
        }
    }

    public void Committed(IEnumerable<StoredSegment> segments, IEnumerable<KeptAnswer> kept)
    {
        lock (_lock)
        {
            foreach (var answer in kept)
            {
                Of(answer.Request.Connection).Since += answer.Bytes;
                _all.Since += answer.Bytes;
            }

            foreach (var stored in segments)
            {
                Of(stored.Segment.Connection).Since += stored.Segment.Raw.Length;
                _all.Since += stored.Segment.Raw.Length;
            }
        }
    }

    public void Ended(IEnumerable<Settlement> settlements)
    {
        lock (_lock)
        {
            foreach (var settlement in settlements)
            {
                Of(settlement.Segment.Connection).End(settlement.Segment.Raw.Length, _looking);
                _all.End(settlement.Segment.Raw.Length, _looking);
            }
        }
    }

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        Turn(usage => usage.Begin(), looking: true);
        try
        {
            var measured = await store.MeasureAsync(cancellationToken);
            lock (_lock)
            {
                foreach (var connection in measured.Keys)
                {
                    Of(connection);
                }

                foreach (var (connection, usage) in _connections)
                {
                    usage.Measured(measured.GetValueOrDefault(connection));
                }

                _all.Measured(measured.Values.Sum());
                _looking = false;
                Forget();
            }
        }
        catch
        {
            Turn(usage => usage.Begin(), looking: false);
            throw;
        }
    }

    private void Turn(Action<Usage> turn, bool looking)
    {
        lock (_lock)
        {
            foreach (var usage in _connections.Values.Append(_all))
            {
                turn(usage);
            }

            _looking = looking;
        }
    }

    private void Forget()
    {
        foreach (var (connection, usage) in _connections.Where(c => c.Value is { Total: 0, InFlight: 0 }).ToList())
        {
            _connections.Remove(connection);
        }
    }

    private Usage Of(ConnectionId connection) =>
        _connections.TryGetValue(connection, out var usage) ? usage : _connections[connection] = new();

    // A single request may be larger than a small quota: the first is always taken.
    private Room Find(Usage? usage, long bytes) =>
        _all.Total > 0 && _all.Total + bytes > options.Value.MaxBacklogBytes ? Room.OutboxFull
        : usage is { Total: > 0 } && usage.Total + bytes > options.Value.MaxConnectionBacklogBytes ? Room.ConnectionFull
        : Room.Enough;

    private sealed class Usage
    {
        private long _measured;
        private long _before;

        public long InFlight { get; set; }

        /// <summary>Of this instance, since the last look began.</summary>
        public long Since { get; set; }

        public long Total => Math.Max(0, _measured + _before + Since) + InFlight;

        public void Begin() => (_before, Since) = (_before + Since, 0);

        public void Measured(long bytes) => (_measured, _before) = (bytes, 0);

        // A look under way may see it or not: it is taken off what is measured when the next one ends.
        public void End(long bytes, bool looking)
        {
            if (looking)
            {
                _before -= bytes;
            }
            else
            {
                Since -= bytes;
            }
        }
    }
}
