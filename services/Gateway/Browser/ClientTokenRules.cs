using Microsoft.Extensions.Primitives;
using Partner.Gateway.Ingest;
using Partner.Gateway.Keys;

namespace Partner.Gateway.Browser;

/// <summary>
/// A client token is known to everybody who opens the page: it does one thing, and only a browser at one of its origins
/// is made to do it. An API key in a page is a secret that got out, so it does not work from there.
/// </summary>
internal static class ClientTokenRules
{
    internal static readonly HttpRejection LogsOnly = HttpRejection.Forbidden with
    {
        Text = $"A client token sends browser logs, to {BrowserPaths.Prefix}, and nothing else.",
    };

    internal static readonly HttpRejection TokensOnly = HttpRejection.Forbidden with
    {
        Text = "Pages send with a client token: an API key is a secret.",
    };

    internal static readonly HttpRejection OtherOrigin = HttpRejection.Forbidden with
    {
        Text = "The client token is for pages of other origins.",
    };

    /// <param name="presented">The key as it came. By its form it is confined, whatever the table knows of its kind.</param>
    /// <param name="key">The entry that <paramref name="presented"/> has in the table.</param>
    /// <returns>Null: it may.</returns>
    public static HttpRejection? Refuse(IngestRoute route, string presented, IngestKey key, StringValues origin)
    {
        return (ClientToken.IsOne(presented), route.ClientTokens) switch
        {
            (false, false) => null,
            (false, true) => TokensOnly,
            (true, false) => LogsOnly,
            (true, true) => IsOrigin(key, origin) ? null : OtherOrigin,
        };
    }

    /// <summary>Of what a browser said itself: none, two, or <c>null</c> is no origin.</summary>
    public static bool IsOrigin(IngestKey key, StringValues origin) =>
        origin is [{ } one] && key.Origins?.Contains(one, StringComparer.Ordinal) == true;
}
