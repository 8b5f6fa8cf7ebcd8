namespace Partner.Sandbox.Traffic;

/// <summary>Which requests a hold or a fault means; what is not set means any. A path may end in *.</summary>
public sealed record TrafficFilter(string? Site = null, string? Org = null, string? Path = null)
{
    private const int MostNamed = 20;

    /// <returns>What it names that there is not; null: it can meet a request.</returns>
    internal string? ProblemIn(SandboxState state)
    {
        if (Site is not null && SiteTable.Find(Site) is null)
        {
            return $"There is no site '{Site}'. There are {string.Join(", ", SiteTable.All.Select(site => site.Name))}.";
        }

        return Org is not null && state.Orgs.Find(Org) is null
            ? $"There is no org '{Org}'. There are {OrgsOf(state)}; GET /_sandbox/orgs has them all."
            : null;
    }

    internal bool Matches(Exchange exchange, string path) =>
        exchange.Host is { } host
        && (Site is null || SiteTable.Find(Site) == host.Site)
        && (Org is null || exchange.Org?.IsCalled(Org) == true)
        && (Path is null || IsAt(path, Path));

    private static bool IsAt(string path, string wanted) =>
        wanted.EndsWith('*')
            ? path.StartsWith(wanted[..^1], StringComparison.OrdinalIgnoreCase)
            : path.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    private static string OrgsOf(SandboxState state) =>
        string.Join(", ", state.Orgs.All.Take(MostNamed).Select(org => $"'{org.Name}'"));
}
