namespace Partner.Gateway.Ingest;

/// <summary>
/// The key that a client sends: <c>DD-API-KEY</c>, or the query parameter <c>api_key</c> that Datadog has deprecated
/// and old clients still use (datadog-facts 3.1).
/// </summary>
internal static class PresentedKey
{
    public const string Header = "DD-API-KEY";
    private const string Parameter = "api_key";

    // What may not travel on in a URL (security 30). The last two are no use to us, and secrets all the same.
    private static readonly string[] SecretParameters = [Parameter, "application_key", "dd-api-key"];

    /// <summary>All different values that the request carries; one is right.</summary>
    public static string[] Read(HttpRequest request, bool acceptQuery) =>
        [.. request.Headers[Header]
            .Concat(acceptQuery ? request.Query[Parameter] : [])
            .OfType<string>()
            .Where(value => value.Length > 0)
            .Distinct(StringComparer.Ordinal)];

    /// <summary>Takes secrets out of the query and leaves every other byte of it as it came.</summary>
    public static void RemoveFromQuery(HttpRequest request)
    {
        if (request.QueryString.Value is not { Length: > 1 } query)
        {
            return;
        }

        var kept = query[1..].Split('&').Where(part => !IsSecret(part)).ToArray();
        var rest = string.Join('&', kept);
        if (rest.Length != query.Length - 1)
        {
            request.QueryString = rest.Length == 0 ? QueryString.Empty : new QueryString("?" + rest);
        }
    }

    private static bool IsSecret(string part)
    {
        var name = Uri.UnescapeDataString(part.Split('=', 2)[0].Replace('+', ' '));
        return SecretParameters.Contains(name, StringComparer.OrdinalIgnoreCase);
    }
}
