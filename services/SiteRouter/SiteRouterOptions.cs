using System.ComponentModel.DataAnnotations;

namespace Partner.SiteRouter;

internal sealed class SiteRouterOptions
{
    public const string SectionName = "SiteRouter";

    /// <summary>How long auth's answer serves without being asked for again.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan Fresh { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it serves while auth does not answer, so that deliveries go on.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Stale { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long auth is left alone after it did not answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections remembered; when full, the tenth with the oldest answers goes.</summary>
    [Range(10, 1_000_000)]
    public int MaxConnections { get; init; } = 50_000;
}
