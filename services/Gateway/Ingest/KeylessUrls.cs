using Microsoft.AspNetCore.Http.Features;

namespace Partner.Gateway.Ingest;

/// <summary>
/// Takes keys out of the URL before anything can write it down: hosting logs, traces and scopes hold it from the
/// moment when the context exists, so here is the only place early enough (security 29, 30).
/// </summary>
internal sealed class KeylessUrls(IServiceProvider services) : IHttpContextFactory
{
    private const string KeyPath = "/v1/input/";

    // The second is how Datadog has it in the URL of a Heroku drain (datadog-facts 3.3).
    private static readonly string[] Names = ["api_key", PresentedKey.Header];

    // These are no use to us, and secrets all the same.
    private static readonly string[] Secrets = [.. Names, "application_key", "dd-application-key"];

    private readonly DefaultHttpContextFactory _inner = new(services);

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        var request = featureCollection.GetRequiredFeature<IHttpRequestFeature>();
        // An older form of Datadog's had the key in the path. It is not served, but clients may try.
        if (request.Path.StartsWith(KeyPath, StringComparison.OrdinalIgnoreCase))
        {
            request.Path = request.RawTarget = KeyPath + "*";
        }

        if (request.QueryString.Length > 1)
        {
            var (query, keys) = Split(request.QueryString);
            if (query != request.QueryString)
            {
                request.QueryString = query;
                // Its path stays as it was written: RequestTarget judges that.
                request.RawTarget = request.RawTarget.Split('?', 2)[0] + query;
                featureCollection.Set(new QueryKeys(keys));
            }
        }

        return _inner.Create(featureCollection);
    }

    public void Dispose(HttpContext httpContext) => _inner.Dispose(httpContext);

    /// <summary>The query without secrets, every other byte of it as it came, and the keys that it held.</summary>
    internal static (string Query, string[] Keys) Split(string query)
    {
        var parts = query[1..].Split('&');
        var kept = parts.Where(part => !Secrets.Contains(Name(part), StringComparer.OrdinalIgnoreCase)).ToArray();
        var keys = parts
            .Where(part => Names.Contains(Name(part), StringComparer.OrdinalIgnoreCase))
            .Select(part => Uri.UnescapeDataString(part[(part.IndexOf('=') + 1)..]));
        return kept.Length == parts.Length
            ? (query, [])
            : (kept.Length == 0 ? "" : $"?{string.Join('&', kept)}", [.. keys]);
    }

    private static string Name(string part) => Uri.UnescapeDataString(part.Split('=', 2)[0]);
}

/// <summary>Keys that came in the query.</summary>
internal sealed record QueryKeys(string[] Values)
{
    public override string ToString() => "***";
}
