using Partner.Egress;

namespace Partner.SiteRouter.Datadog;

/// <summary>A call that may be made.</summary>
/// <param name="Host">Of the registry's row.</param>
internal sealed record Call(
    ConnectionId Connection,
    DatadogSite Site,
    string Host,
    Endpoint Endpoint,
    ApiTarget Target
);

/// <summary>Whether a call may be made, found out before anything is asked of Datadog.</summary>
internal abstract record CallDecision
{
    public sealed record Go(Call Call) : CallDecision;

    public sealed record Refuse(CallProblem Problem) : CallDecision;

    public static CallDecision For(
        ApiTarget? target,
        string method,
        string? role,
        AllowList allowed,
        ConnectionRecord? connection,
        SiteRegistry sites
    )
    {
        if (target is null)
        {
            return new Refuse(CallProblem.BadTarget);
        }

        var here = allowed.Find(target.Path);
        if (here.FirstOrDefault(endpoint => endpoint.Takes(method)) is not { } endpoint)
        {
            return new Refuse(here.Count == 0 ? CallProblem.UnknownEndpoint : CallProblem.MethodNotAllowed(here));
        }

        if (!PartnerRoles.Allows(role, endpoint.Reads(method)))
        {
            return new Refuse(CallProblem.Role);
        }

        if (target.All && (endpoint.Paging is null || HttpMethods.IsHead(method)))
        {
            return new Refuse(CallProblem.NoPages);
        }

        return connection switch
        {
            null => new Refuse(CallProblem.NoConnection),
            { Site: null } => new Refuse(CallProblem.NoSite),
            { Site: { } stored } when sites.Find(stored) is { } site && site.HostFor(Product.Api) is { } host =>
                endpoint.Scopes.Except(connection.Scopes).ToArray() is { Length: > 0 } missing
                    ? new Refuse(CallProblem.ScopeMissing(missing))
                    : new Go(new Call(connection.Connection, site, host, endpoint, target)),
            _ => new Refuse(CallProblem.UnknownSite),
        };
    }
}
