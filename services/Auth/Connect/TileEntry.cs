using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;
using Partner.Egress;

namespace Partner.Auth.Connect;

/// <summary>What the tile said about where its user is (datadog-facts 2.1, entry A).</summary>
/// <param name="Domain">Null: it did not say, so any site of the list may come back.</param>
internal sealed record TileEntry(DatadogSite? Domain, AuthorizeHost Host)
{
    /// <summary>
    /// <c>domain</c> and <c>site</c> are a stranger's text: each selects a row or the whole is refused (security 14,
    /// 19, 22). A custom sub-domain in <c>site</c> says nothing about the site; an app host of another row contradicts.
    /// </summary>
    public static bool TryParse(
        SiteRegistry sites,
        StringValues domain,
        StringValues site,
        [NotNullWhen(true)] out TileEntry? entry
    )
    {
        entry = null;
        DatadogSite? row = null;
        if (domain.Count > 1 || site.Count > 1 || (domain.Count == 1 && !sites.TryParseDomain(domain[0], out row)))
        {
            return false;
        }

        if (site.Count == 0)
        {
            entry = row is null ? null : new TileEntry(row, sites.AuthorizeHostOf(row));
            return entry is not null;
        }

        if (!sites.TryParseSite(site[0], out var host))
        {
            return false;
        }

        var named = sites.Sites.FirstOrDefault(s => s.AppHost == host.Text);
        if (row is not null && named is not null && named != row)
        {
            return false;
        }

        entry = new TileEntry(row, host);
        return true;
    }
}
