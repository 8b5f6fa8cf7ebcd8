namespace Partner.Gateway.Ingest;

/// <summary>
/// The key that a client sends: <c>DD-API-KEY</c>, or the query parameter <c>api_key</c> or <c>dd-api-key</c>, which
/// old clients and log drains use (datadog-facts 3.1).
/// </summary>
internal static class PresentedKey
{
    public const string Header = "DD-API-KEY";

    /// <summary>All different values that the request carries; one is right.</summary>
    public static string[] Read(HttpContext context, bool acceptQuery)
    {
        var inQuery = acceptQuery ? context.Features.Get<QueryKeys>()?.Values : null;
        // As nearly every request has it.
        if (
            inQuery is null
            && context.Request.Headers[Header] is [{ } only]
            && !only.Contains(',')
            && only.Trim() is { Length: > 0 } key
        )
        {
            return [key];
        }

        return
        [
            .. context
                .Request.Headers[Header]
                .OfType<string>()
                .SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries))
                .Concat(inQuery ?? [])
                .Where(value => value.Length > 0)
                .Distinct(StringComparer.Ordinal),
        ];
    }
}
