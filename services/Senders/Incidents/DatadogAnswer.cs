namespace Partner.Incidents;

/// <summary>An answer, Datadog's or ours.</summary>
/// <param name="Headers">Those of Datadog's that a caller is to see.</param>
internal sealed record DatadogAnswer(
    int Status,
    string? ContentType,
    byte[] Body,
    IReadOnlyList<KeyValuePair<string, string>> Headers
)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>In Datadog's shape of <c>api.*</c>.</summary>
    public static DatadogAnswer Error(int status, string text, TimeSpan? after = null) =>
        new(
            status,
            "application/json",
            DatadogErrorShape.Texts.Body(status, text),
            after is { } wait ? [new("Retry-After", $"{Problems.WholeSeconds(wait)}")] : []
        );
}
