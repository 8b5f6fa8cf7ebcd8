using System.ComponentModel.DataAnnotations;

namespace Partner.Gateway.Keys;

internal sealed class KeyTableOptions
{
    public const string SectionName = "KeyTable";

    /// <summary>How often auth is asked for changes; with jitter of a quarter, so a revocation is known within 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:03")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the last table serves while auth cannot be asked. After it ingest answers 503.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How often the whole table is read anew: a restored database may have passed our version unnoticed.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan ReloadInterval { get; init; } = TimeSpan.FromMinutes(30);
}
