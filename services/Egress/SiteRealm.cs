namespace Partner.Egress;

/// <summary>One deployment does not mix government and commercial sites unless told to (security 24).</summary>
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
