namespace Partner.Incidents;

/// <summary>One of Datadog's endpoints that we answer (datadog-facts 3.7).</summary>
/// <param name="MarkedField">Attribute that takes the marker; null where doing it twice is doing it once.</param>
/// <param name="MaxLength">Characters that Datadog takes there; null: none documented.</param>
internal sealed record IncidentEndpoint(
    string Name,
    HttpMethod Method,
    string Route,
    string? MarkedField = null,
    int? MaxLength = null
)
{
    public static readonly IncidentEndpoint Create = new("create", HttpMethod.Post, "/api/v2/incidents", "title");

    public static readonly IncidentEndpoint Import = new(
        "import",
        HttpMethod.Post,
        "/api/v2/incidents/import",
        "title",
        1_024
    );

    public static readonly IncidentEndpoint Impact = new(
        "impact",
        HttpMethod.Post,
        "/api/v2/incidents/{id:guid}/impacts",
        "description"
    );

    /// <summary>Sets attributes to values, so that it may be repeated.</summary>
    public static readonly IncidentEndpoint Update = new("update", HttpMethod.Patch, "/api/v2/incidents/{id:guid}");

    public static IReadOnlyList<IncidentEndpoint> All { get; } = [Create, Import, Impact, Update];
}
