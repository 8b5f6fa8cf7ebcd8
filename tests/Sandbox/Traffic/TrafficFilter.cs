namespace Partner.Sandbox.Traffic;

/// <summary>Which requests a hold or a fault means; what is not set means any.</summary>
public sealed record TrafficFilter(string? Site = null, string? Org = null, string? Path = null)
{
    internal bool Matches(Exchange exchange, string path) =>
        exchange.Host is { } host
        && (Site is null || SiteTable.Find(Site) == host.Site)
        && (Org is null || exchange.Org?.IsCalled(Org) == true)
        && (Path is null || path.Equals(Path, StringComparison.OrdinalIgnoreCase));
}
