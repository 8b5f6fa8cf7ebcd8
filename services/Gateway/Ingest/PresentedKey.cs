namespace Partner.Gateway.Ingest;

/// <summary>
/// The key that a client sends: <c>DD-API-KEY</c>, or in the URL, as old clients, log drains and tracers have it
/// (<see cref="KeylessUrls"/>; datadog-facts 3.1).
/// </summary>
internal static class PresentedKey
{
    public const string Header = "DD-API-KEY";

    /// <summary>All different values that the request carries; one is right.</summary>
    public static string[] Read(HttpContext context, bool acceptUrl)
    {
        var inUrl = acceptUrl ? context.Features.Get<UrlKeys>()?.Values : null;
        // As nearly every request has it.
        if (
            inUrl is null
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
                .Concat(inUrl ?? [])
                .Where(value => value.Length > 0)
                .Distinct(StringComparer.Ordinal),
        ];
    }
}
