namespace Partner.Sending.Series;

/// <summary>A hash of all that makes up a series, and of its start, within a connection.</summary>
public readonly record struct SeriesKey(UInt128 Hash);

/// <summary>The last point of a series of cumulative metrics.</summary>
/// <param name="Started">Of the series; Unix nanoseconds.</param>
/// <param name="At">Unix nanoseconds.</param>
/// <param name="Bytes">The point as its sender needs it.</param>
public sealed record SeriesPoint(SeriesKey Key, long Started, long At, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>What a row takes beside its bytes, indexes included; measured.</summary>
    internal const int RowBytes = 300;
}
