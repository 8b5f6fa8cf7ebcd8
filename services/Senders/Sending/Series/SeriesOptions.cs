using System.ComponentModel.DataAnnotations;

namespace Partner.Sending.Series;

/// <summary>The last points of cumulative metrics.</summary>
internal sealed class SeriesOptions
{
    public const string SectionName = "Series";

    /// <summary>
    /// What the last points of one connection may take in the database; points of further series are refused, those of
    /// series that are there go on.
    /// </summary>
    [Range(1_000, 100_000_000_000)]
    public long MaxConnectionBytes { get; init; } = 64_000_000;

    /// <summary>The same of all connections.</summary>
    [Range(1_000, 100_000_000_000_000)]
    public long MaxBytes { get; init; } = 8_000_000_000;

    /// <summary>Days after which a series that has no more points is forgotten.</summary>
    [Range(1, 365)]
    public int Days { get; init; } = 7;
}
