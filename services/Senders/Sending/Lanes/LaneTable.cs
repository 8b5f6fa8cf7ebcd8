namespace Partner.Sending.Lanes;

/// <summary>The lanes there are: made when something comes for a connection, forgotten when nothing has for a while.</summary>
internal sealed class LaneTable(
    Sender sender,
    DeliveryOptions options,
    LanePolicy policy,
    TimeProvider time,
    Func<double> jitter
)
{
    private readonly Dictionary<ConnectionId, Lane> _lanes = [];

    public IReadOnlyCollection<Lane> All => _lanes.Values;

    public Lane? Find(ConnectionId connection) => _lanes.GetValueOrDefault(connection);

    public Lane Of(ConnectionId connection)
    {
        if (!_lanes.TryGetValue(connection, out var lane))
        {
            lane = new Lane(
                connection,
                new LaneHealth(time, jitter),
                new LaneConcurrency(options.LaneConcurrency),
                sender.KeepsOrder
            )
            {
                LastProgress = time.GetTimestamp(),
            };
            _lanes.Add(connection, lane);
        }
        else if (!lane.HasWork)
        {
            lane.LastProgress = time.GetTimestamp();
        }

        return lane;
    }

    /// <summary>Lanes like these, with nothing in them.</summary>
    /// <returns>Bytes that the old ones held.</returns>
    public long Empty()
    {
        var bytes = 0L;
        foreach (var lane in _lanes.Values.ToList())
        {
            lane.IsGone = true;
            bytes += lane.QueuedBytes;
            _lanes[lane.Connection] = new Lane(lane.Connection, lane.Health, lane.Concurrency, sender.KeepsOrder)
            {
                Site = lane.Site,
                LastProgress = lane.LastProgress,
            };
        }

        return bytes;
    }

    public void ForgetIdle()
    {
        foreach (var lane in _lanes.Values.Where(policy.IsForgotten).ToList())
        {
            lane.IsGone = true;
            _lanes.Remove(lane.Connection);
        }
    }
}
