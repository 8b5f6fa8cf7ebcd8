namespace Partner.Egress;

/// <summary>Government and commercial sites are not mixed by one deployment unless it is told to (security 24).</summary>
public enum SiteRealm
{
    Commercial,
    Government,
    Both,
}

internal static class SiteRealms
{
    public static IEnumerable<DatadogSite> In(this IEnumerable<DatadogSite> sites, SiteRealm realm) =>
        sites.Where(site => realm == SiteRealm.Both || site.Government == (realm == SiteRealm.Government));
}
