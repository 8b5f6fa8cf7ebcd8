using System.ComponentModel.DataAnnotations;
using Partner.SiteRouter.Datadog;

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

    /// <summary>
    /// What part of an org's limit may be ours, of that which its own tools leave. With n replicas 1/(n+1) leaves them as
    /// much as a half with one.
    /// </summary>
    [Range(0.01, 1)]
    public double RateShare { get; init; } = 0.5;

    /// <summary>How long Datadog may be silent in a request.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan DatadogTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a walk over all pages waits for a limit; the gateway bears no silence of a minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:45")]
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Rows beside those of Endpoints.json; the same method and path there is replaced.</summary>
    public EndpointRow[] Endpoints { get; init; } = [];
}
