namespace Partner.Sending.Series;

/// <summary>The last points of a request's series as they were looked up, and as the request leaves them.</summary>
/// <param name="floor">Of a series that began later and has no last point nothing was ever counted; Unix nanoseconds.</param>
/// <param name="room">Bytes that new points may take.</param>
public sealed class SeriesPoints(IReadOnlyDictionary<SeriesKey, SeriesPoint> stored, long floor, long room)
{
    private readonly Dictionary<SeriesKey, SeriesPoint> _changed = [];

    public long Floor => floor;

    /// <summary>After which a series is forgotten.</summary>
    internal int Days { get; init; } = 1;

    /// <summary>Each with the time of the stored point that it follows on; 0: there was none.</summary>
    internal IEnumerable<(SeriesPoint Point, long Follows)> Changes =>
        _changed.Values.Select(point => (point, stored.GetValueOrDefault(point.Key)?.At ?? 0));

    internal bool HasChanges => _changed.Count > 0;

    /// <summary>Bytes in memory of what was looked up, estimated.</summary>
    internal long StoredBytes { get; } = stored.Values.Sum(point => SeriesPoint.RowBytes + (long)point.Bytes.Length);

    /// <summary>The bytes that the request adds to what is stored.</summary>
    internal long Added { get; private set; }

    /// <summary>Null: there is none, of that series or of that start.</summary>
    public SeriesPoint? Find(SeriesKey key) => _changed.GetValueOrDefault(key) ?? stored.GetValueOrDefault(key);

    /// <summary>False: the connection has more series than are kept, and this is a new one.</summary>
    public bool TrySet(SeriesPoint point)
    {
        var last = Find(point.Key);
        var more = point.Bytes.Length - (last?.Bytes.Length ?? -SeriesPoint.RowBytes);
        if (more > 0 && Added + more > room)
        {
            return false;
        }

        Added += more;
        _changed[point.Key] = point;
        return true;
    }
}
