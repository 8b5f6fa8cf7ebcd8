using Partner.Egress;

namespace Partner.SiteRouter;

/// <summary>Where a connection's data goes, or why nowhere.</summary>
internal abstract record RouteDecision
{
    public sealed record To(ConnectionRoute Route) : RouteDecision;

    public sealed record Unknown : RouteDecision;

    public sealed record NoSite : RouteDecision;

    public sealed record UnknownSite : RouteDecision;

    /// <summary>Hosts come from the registry's row alone; what auth stored only selects it (security 28).</summary>
    public static RouteDecision For(ConnectionRecord? connection, SiteRegistry sites) =>
        connection switch
        {
            null => new Unknown(),
            { Site: null } => new NoSite(),
            { Site: { } stored } => sites.Find(stored) is { } site
                ? new To(
                    new ConnectionRoute(
                        connection.Connection,
                        site.Parameter.Text,
                        connection.State,
                        site.Hosts.ToDictionary(host => host.Key.ToString(), host => host.Value)
                    )
                )
                : new UnknownSite(),
        };
}
