using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;

namespace Partner.Gateway.Browser;

/// <summary>
/// Where the SDK's <c>proxy</c> is a text, it sends <c>POST /browser?ddforward=%2Fapi%2Fv2%2Flogs%3Fddsource%3Dbrowser…</c>
/// (@datadog/js-core 0.0.19, <c>endpointBuilder.ts</c>). That is the path and query of a request to Datadog. Here it
/// becomes that of a request to us, which has to be one of ours like any other; nothing is ever sent to where it says.
/// </summary>
internal static partial class ForwardParameter
{
    private const string Name = "ddforward";

    /// <summary>Makes of it the request that the SDK sends where <c>proxy</c> is a function.</summary>
    public static void Unfold(IHttpRequestFeature request)
    {
        if (
            request.QueryString.Length <= 1
            || !request.Path.TrimEnd('/').Equals(BrowserPaths.Prefix, StringComparison.OrdinalIgnoreCase)
        )
        {
            return;
        }

        var target = Read(request.QueryString);
        (request.Path, request.QueryString) = target ?? (BrowserPaths.Unreadable, "");
        request.RawTarget = request.Path + request.QueryString;
    }

    /// <summary>Null: not one that can be read in one way only. What else the query holds is left.</summary>
    internal static (string Path, string Query)? Read(string query)
    {
        var forwards = query[1..]
            .Split('&')
            .Select(part => part.Split('=', 2))
            .Where(part => Uri.UnescapeDataString(part[0]).Equals(Name, StringComparison.OrdinalIgnoreCase))
            .ToArray();
        return forwards is [[_, var value]] && Target().Match(Uri.UnescapeDataString(value)) is { Success: true } target
            ? (BrowserPaths.Prefix + target.Groups["path"].Value, target.Groups["query"].Value)
            : null;
    }

    // Decoded once it may hold anything, a line break too: only what may stand in a query as it is (RFC 3986 3.4).
    [GeneratedRegex(@"^(?<path>/api/v2/[a-z]{1,20})(?<query>\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*)?\z")]
    private static partial Regex Target();
}
