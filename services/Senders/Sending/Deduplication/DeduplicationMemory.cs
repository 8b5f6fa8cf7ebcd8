using Microsoft.Extensions.Options;

namespace Partner.Sending.Deduplication;

/// <summary>
/// The requests that this instance has committed within the last minute, or met in the database: a repetition of one of
/// them fails no commit that it shares with others. The loop of the commits alone uses it.
/// </summary>
internal sealed class DeduplicationMemory(TimeProvider time, IOptions<DeduplicationOptions> options)
{
    private readonly Queue<(DeduplicationId Id, long AddedAt)> _byAge = [];
    private readonly HashSet<DeduplicationId> _ids = [];
    private readonly Dictionary<ConnectionId, int> _connections = [];

    public bool Contains(DeduplicationId id)
    {
        Forget();
        return _ids.Contains(id);
    }

    public bool HasRoom(ConnectionId connection) =>
        _ids.Count < options.Value.MaxRequests
        && _connections.GetValueOrDefault(connection) < options.Value.MaxConnectionRequests;

    /// <summary>Without room it stays as it is.</summary>
    public void Add(DeduplicationId id)
    {
        if (HasRoom(id.Connection) && _ids.Add(id))
        {
            _connections[id.Connection] = _connections.GetValueOrDefault(id.Connection) + 1;
            _byAge.Enqueue((id, time.GetTimestamp()));
        }
    }

    private void Forget()
    {
        while (_byAge.TryPeek(out var oldest) && time.GetElapsedTime(oldest.AddedAt) >= DeduplicationStore.Interval)
        {
            _byAge.Dequeue();
            _ids.Remove(oldest.Id);
            if (--_connections[oldest.Id.Connection] == 0)
            {
                _connections.Remove(oldest.Id.Connection);
            }
        }
    }
}
