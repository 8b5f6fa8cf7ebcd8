using System.Globalization;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>
/// /api/v2/incidents under a bearer token: what was written can be read back (datadog-facts 3.7).
/// </summary>
internal static class IncidentsApi
{
    public const string Path = "/api/v2/incidents";
    private const string Read = "incident_read";
    private const int PageItems = 10;
    private const int MaxPageItems = 100;

    public static RouteGroupBuilder MapIncidentsApi(this RouteGroupBuilder routes)
    {
        routes.MapIncidentWrites();
        routes.MapGet(Path, List);
        routes.MapGet($"{Path}/search", Search);
        routes.MapGet($"{Path}/{{id}}", Get);
        routes.MapGet($"{Path}/{{id}}/impacts", Impacts);
        return routes;
    }

    public static (Org? Org, Answer? Refusal) Authorize(HttpContext context, string scope) =>
        context.Exchange().Grant switch
        {
            null => (null, Answer.Unauthorized(Fact.BearerDead)),
            { Scopes: var scopes } when !scopes.Contains(scope) => (null, Answer.Forbidden(Fact.IncidentScope)),
            { Org: var org } => (org, null),
        };

    public static Answer Answered(int status, Incident? incident) =>
        incident is null ? Unknown() : Answer.Of(status, new { data = incident.Data });

    public static Answer Unknown() =>
        Answer.Of(
            404,
            new { errors = new[] { new { title = "Generic Error", detail = "incident not found" } } },
            Fact.IncidentUnknown
        );

    private static Answer Get(HttpContext context, SandboxState state, string id)
    {
        var (org, refusal) = Authorize(context, Read);
        return org is null ? refusal! : Answered(200, state.Incidents.Find(org, id));
    }

    private static Answer Impacts(HttpContext context, SandboxState state, string id)
    {
        var (org, refusal) = Authorize(context, Read);
        if (org is null)
        {
            return refusal!;
        }

        return state.Incidents.Find(org, id) is { } incident
            ? Answer.Of(200, new { data = incident.Impacts, included = Array.Empty<object>() })
            : Unknown();
    }

    private static Answer List(HttpContext context, SandboxState state)
    {
        var (org, refusal) = Authorize(context, Read);
        if (org is null)
        {
            return refusal!;
        }

        var all = state.Incidents.Of(org);
        return PageOf(context, all) is var (page, pagination)
            ? Answer.Of(
                200,
                new
                {
                    data = page.Select(incident => incident.Data),
                    included = Array.Empty<object>(),
                    meta = new { pagination },
                }
            )
            : Answer.Errors(400, "Invalid page", Fact.IncidentPage);
    }

    private static Answer Search(HttpContext context, SandboxState state)
    {
        var (org, refusal) = Authorize(context, Read);
        if (org is null)
        {
            return refusal!;
        }

        if (context.Request.Query["query"].ToString() is not { Length: > 0 } query)
        {
            return Answer.Errors(400, "query is required", Fact.IncidentMalformed);
        }

        var indexed = state.Clock.GetUtcNow().AddSeconds(-state.Settings.IncidentSearchLagSeconds);
        var found = IncidentSearch.Search(state.Incidents.Of(org).Where(i => i.CreatedAt <= indexed), query).ToList();
        return PageOf(context, found) is var (page, pagination)
            ? Answer.Of(
                200,
                new
                {
                    data = new
                    {
                        type = "incidents_search_results",
                        attributes = new
                        {
                            facets = new { },
                            incidents = page.Select(incident => new { data = incident.Data }),
                            total = found.Count,
                        },
                    },
                    included = Array.Empty<object>(),
                    meta = new { pagination },
                }
            )
            : Answer.Errors(400, "Invalid page", Fact.IncidentPage);
    }

    private static (IEnumerable<Incident> Page, object Pagination)? PageOf(
        HttpContext context,
        IReadOnlyCollection<Incident> all
    )
    {
        if (
            Number(context, "page[size]", PageItems) is not (>= 1 and <= MaxPageItems and var size)
            || Number(context, "page[offset]", 0) is not (>= 0 and var offset)
        )
        {
            return null;
        }

        var page = all.Skip(offset).Take(size).ToList();
        return (
            page,
            new
            {
                next_offset = offset + page.Count,
                offset,
                size = page.Count,
            }
        );
    }

    private static int Number(HttpContext context, string name, int otherwise) =>
        context.Request.Query[name].ToString() is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : -1;
}
