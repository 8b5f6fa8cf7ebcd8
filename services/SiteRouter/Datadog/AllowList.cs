using Microsoft.Extensions.Options;

namespace Partner.SiteRouter.Datadog;

/// <summary>Some methods of one path, and what they need.</summary>
internal sealed record Endpoint(
    IReadOnlyList<string> Methods,
    PathTemplate Template,
    IReadOnlyList<string> Scopes,
    bool Read,
    PagingRule? Paging
)
{
    /// <summary>The name under which a limit is remembered until Datadog has named it.</summary>
    public string Key => $"{Methods[0]} {Template}";

    public bool Takes(string method) =>
        Methods.Contains(method) || (HttpMethods.IsHead(method) && Methods.Contains(HttpMethods.Get));

    public bool Reads(string method) => Read || HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}

/// <summary>
/// All calls that Datadog may be asked; a call that does not stand here is refused. Rows of the configuration go
/// before.
/// </summary>
internal sealed class AllowList
{
    private readonly Endpoint[] _endpoints;

    public AllowList(IOptions<SiteRouterOptions> options)
        : this([.. options.Value.Endpoints, .. EndpointRow.BuiltIn()]) { }

    internal AllowList(IReadOnlyList<EndpointRow> rows) =>
        // A name goes before a parameter that it could be, too.
        _endpoints = [.. rows.Select(Compile).OrderBy(endpoint => endpoint.Template.Parameters)];

    public IReadOnlyList<Endpoint> Endpoints => _endpoints;

    /// <summary>The endpoints of this path; which of them takes the method is another question.</summary>
    public IReadOnlyList<Endpoint> Find(string path)
    {
        var segments = path[1..].Split('/');
        return Array.FindAll(_endpoints, endpoint => endpoint.Template.Matches(segments));
    }

    private static Endpoint Compile(EndpointRow row) =>
        new(row.Methods, PathTemplate.Parse(row.Path)!, row.Scopes, row.Read, row.Paging);
}
