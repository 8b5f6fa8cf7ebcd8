namespace Partner.Sending.Series;

/// <summary>A hash of all that makes up a series, and of its start, within a connection.</summary>
public readonly record struct SeriesKey(UInt128 Hash);

/// <summary>The last point of a series of cumulative metrics, or of another whose next point depends on it.</summary>
/// <param name="Started">Of the series; Unix nanoseconds, or <see cref="NotCumulative"/>.</param>
/// <param name="At">Unix nanoseconds; later than that of the point before.</param>
/// <param name="Bytes">The point as its sender needs it.</param>
public sealed record SeriesPoint(SeriesKey Key, long Started, long At, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>It counts from no start, and so says nothing of when its connection's cumulative metrics began.</summary>
    public const long NotCumulative = -1;

    /// <summary>What a row takes beside its bytes, indexes included; measured.</summary>
    internal const int RowBytes = 300;
}
