namespace Partner.Sandbox.Traffic;

/// <summary>Which requests a hold or a fault means; what is not set means any. A path may end in *.</summary>
public sealed record TrafficFilter(string? Site = null, string? Org = null, string? Path = null)
{
    internal bool Matches(Exchange exchange, string path) =>
        exchange.Host is { } host
        && (Site is null || SiteTable.Find(Site) == host.Site)
        && (Org is null || exchange.Org?.IsCalled(Org) == true)
        && (Path is null || IsAt(path, Path));

    private static bool IsAt(string path, string wanted) => wanted.EndsWith('*')
        ? path.StartsWith(wanted[..^1], StringComparison.OrdinalIgnoreCase)
        : path.Equals(wanted, StringComparison.OrdinalIgnoreCase);
}
