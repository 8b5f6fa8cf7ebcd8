using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;
using Partner.Gateway.Browser;

namespace Partner.Gateway.Ingest;

/// <summary>
/// Takes keys out of the URL, host name included, before anything can write it down: hosting logs, traces and scopes
/// hold it from the moment when the context exists, so here is the only place early enough (security 29, 30). What is
/// left is a request as of a client that sends its key in the header.
/// </summary>
internal sealed partial class KeylessUrls(IServiceProvider services) : IHttpContextFactory
{
    private const string LogsPath = "/v1/input";
    private const string AgentPath = "/agent";

    /// <summary>Between a key and the host that it stands before; it stays there when the key is gone.</summary>
    public const string AgentLabel = "agent.";

    // The second is how Datadog has it in the URL of a Heroku drain (datadog-facts 3.3).
    private static readonly string[] Names = ["api_key", PresentedKey.Header];

    // These are no use to us, and secrets all the same.
    private static readonly string[] Secrets = [.. Names, "application_key", "dd-application-key"];

    private readonly DefaultHttpContextFactory _inner = new(services);

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        var request = featureCollection.GetRequiredFeature<IHttpRequestFeature>();
        List<string> keys = [];
        TakeFromHost(request.Headers, keys);
        var inHost = keys.Count > 0;
        TakeFromPath(request, keys);
        // A query within the query.
        ForwardParameter.Unfold(request);
        TakeFromQuery(request, keys);
        if (keys.Count > 0)
        {
            featureCollection.Set(new UrlKeys([.. keys], inHost));
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

    // Of a tracer's URL of its agent, dd-trace for JavaScript keeps host and port alone (5.132, 6.21).
    private static void TakeFromHost(IHeaderDictionary headers, List<string> keys)
    {
        var host = headers.Host.ToString();
        if (KeyedHost().Match(host) is { Success: true } match)
        {
            headers.Host = host[(match.Groups["key"].Length + 1)..];
            keys.Add(match.Groups["key"].Value.ToLowerInvariant());
        }
    }

    // The older form of Datadog's logs intake, and an agent's URL with a path before its own. Other text at the place
    // of a key is a mistyped key, perhaps, and no path of ours.
    private static void TakeFromPath(IHttpRequestFeature request, List<string> keys)
    {
        var prefix =
            IsBelow(request.Path, LogsPath) ? LogsPath
            : IsBelow(request.Path, AgentPath) ? AgentPath
            : null;
        if (prefix is null)
        {
            return;
        }

        var target = request.RawTarget.Split('?', 2);
        var keyed = KeyedPath().Match(target[0]);
        // The server has decoded the path and folded it; where that is not what was written, nothing is taken.
        if (
            !keyed.Success
            || !request.Path.StartsWith(keyed.Groups["head"].Value, StringComparison.Ordinal)
            || (prefix == LogsPath && keyed.Groups["rest"].Length > 1)
        )
        {
            request.Path = request.RawTarget = $"{prefix}/*";
            return;
        }

        var head = keyed.Groups["head"].Length;
        request.Path = Rest(prefix, request.Path[head..]);
        request.RawTarget = Rest(prefix, target[0][head..]) + request.QueryString;
        keys.Add(keyed.Groups["key"].Value);
    }

    private static void TakeFromQuery(IHttpRequestFeature request, List<string> keys)
    {
        if (request.QueryString.Length <= 1)
        {
            return;
        }

        var (query, found) = Split(request.QueryString);
        if (query != request.QueryString)
        {
            request.QueryString = query;
            // Its path stays as it was written: RequestTarget judges that.
            request.RawTarget = request.RawTarget.Split('?', 2)[0] + query;
            keys.AddRange(found);
        }
    }

    private static string Rest(string prefix, string rest) =>
        prefix == LogsPath ? prefix
        : rest.Length == 0 ? "/"
        : rest;

    private static bool IsBelow(string path, string prefix) =>
        path.Length > prefix.Length + 1
        && path[prefix.Length] == '/'
        && path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    private static string Name(string part) => Uri.UnescapeDataString(part.Split('=', 2)[0]);

    [GeneratedRegex(@"^(?<key>[0-9a-f]{32})\.agent\.", RegexOptions.IgnoreCase)]
    private static partial Regex KeyedHost();

    [GeneratedRegex("^(?<head>/(?:agent|v1/input)/(?<key>[0-9a-f]{32}))(?<rest>/.*)?$")]
    private static partial Regex KeyedPath();
}

/// <summary>Keys that came in the URL.</summary>
/// <param name="InHost">One stood before the host name.</param>
internal sealed record UrlKeys(string[] Values, bool InHost)
{
    public override string ToString() => "***";
}
