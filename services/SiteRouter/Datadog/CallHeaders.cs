using System.Net.Http.Headers;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// The headers that pass, and no others: a client's credentials, cookies and headers about itself stay here, and so do
/// Datadog's cookies, redirects and headers for one hop (RFC 9110 7.6.1).
/// </summary>
internal static class CallHeaders
{
    private const string RateLimitPrefix = "X-RateLimit-";

    private static readonly string[] OfRequests =
    [
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "If-Modified-Since",
        "If-None-Match",
    ];

    private static readonly string[] OfBodies = ["Content-Encoding", "Content-Language", "Content-Type"];

    private static readonly HashSet<string> OfAnswers = new(StringComparer.OrdinalIgnoreCase)
    {
        "Cache-Control",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Length",
        "Content-Type",
        "Date",
        "Deprecation",
        "ETag",
        "Expires",
        "Last-Modified",
        "Retry-After",
        "Sunset",
        "Vary",
    };

    public static void CopyRequest(IHeaderDictionary from, HttpRequestMessage to)
    {
        foreach (var name in OfRequests.Where(from.ContainsKey))
        {
            to.Headers.TryAddWithoutValidation(name, from[name].ToArray());
        }

        foreach (var name in OfBodies.Where(name => to.Content is not null && from.ContainsKey(name)))
        {
            to.Content!.Headers.TryAddWithoutValidation(name, from[name].ToArray());
        }
    }

    public static void CopyAnswer(HttpResponseMessage from, HttpResponse to)
    {
        foreach (var (name, values) in from.Headers.NonValidated.Concat(from.Content.Headers.NonValidated))
        {
            if (OfAnswers.Contains(name) || name.StartsWith(RateLimitPrefix, StringComparison.OrdinalIgnoreCase))
            {
                to.Headers[name] = values.ToString();
            }
        }
    }

    public static AuthenticationHeaderValue Bearer(Contracts.AccessToken token) => new("Bearer", token.Value.Reveal());
}
