using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>
/// /api/v2/incidents under a bearer token: what is written is kept, and can be read back (datadog-facts 3.7).
/// </summary>
internal static class IncidentsApi
{
    private const string Read = "incident_read";
    private const string Write = "incident_write";
    private const int PageItems = 10;
    private const int MaxPageItems = 100;

    private static readonly ApiIntake Intake =
        new("incidents", 5_000_000, 5_000_000, Fact.IncidentMalformed, "application/json");

    public static RouteGroupBuilder MapIncidentsApi(this RouteGroupBuilder routes)
    {
        const string incidents = "/api/v2/incidents";
        var writes = routes.MapGroup("").WithMetadata(new IntakeEndpoint());
        writes.MapPost(incidents, Create);
        writes.MapPost($"{incidents}/import", Import);
        writes.MapPatch($"{incidents}/{{id}}", Update);
        writes.MapPost($"{incidents}/{{id}}/impacts", AddImpact);
        writes.MapDelete($"{incidents}/{{id}}", Delete);
        routes.MapGet(incidents, List);
        routes.MapGet($"{incidents}/search", Search);
        routes.MapGet($"{incidents}/{{id}}", Get);
        routes.MapGet($"{incidents}/{{id}}/impacts", Impacts);
        return routes;
    }

    private static Task<Answer> Create(HttpContext context, SandboxState state) =>
        WriteAsync(context, state, IncidentRules.FaultOfCreate, (org, data) => Answer.Of(201, Shown(state.Incidents.Add(
            org, data["attributes"]!.AsObject(), data["relationships"] as JsonObject))));

    private static Task<Answer> Import(HttpContext context, SandboxState state) =>
        WriteAsync(context, state, IncidentRules.FaultOfImport, (org, data) => Answer.Of(201, new
        {
            data = IncidentBody.Imported(
                state.Incidents.Add(org, data["attributes"]!.AsObject(), data["relationships"] as JsonObject).Data, org),
        }) with
        {
            ContentType = "application/vnd.api+json",
        });

    private static Task<Answer> Update(HttpContext context, SandboxState state, string id) =>
        WriteAsync(
            context,
            state,
            data => IncidentRules.FaultOfUpdate(data, id),
            (org, sent) => Answered(200, state.Incidents.Change(org, id, (incident, now) =>
            {
                var attributes = sent["attributes"] as JsonObject ?? [];
                IncidentBody.Apply(incident.Data, org, attributes, sent["relationships"] as JsonObject);
                IncidentBody.Touch(incident.Data, org, now);
            })));

    private static Task<Answer> AddImpact(HttpContext context, SandboxState state, string id) =>
        WriteAsync(context, state, IncidentRules.FaultOfImpact, (org, sent) =>
        {
            var incident = state.Incidents.Change(org, id, (incident, now) =>
            {
                var impact = IncidentImpact.New(org, id, sent["attributes"]!.AsObject(), now);
                incident.Impacts.Add(impact);
                incident.Data["relationships"]!["impacts"]!["data"]!.AsArray()
                    .Add((JsonNode)IncidentBody.Reference("incident_impacts", impact["id"]!.GetValue<string>()));
            });
            return incident is null ? Unknown() : Answer.Of(201, new { data = incident.Impacts[^1] });
        });

    private static Answer Delete(HttpContext context, SandboxState state, string id)
    {
        var (org, refusal) = Authorize(context, Write);
        if (org is null)
        {
            return refusal!;
        }

        return state.Incidents.Remove(org, id)
            ? new Answer(204, "", ContentType: "text/html; charset=utf-8")
            : Unknown();
    }

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
            ? Answer.Of(200, new
            {
                data = page.Select(incident => incident.Data),
                included = Array.Empty<object>(),
                meta = new { pagination },
            })
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
            ? Answer.Of(200, new
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
            })
            : Answer.Errors(400, "Invalid page", Fact.IncidentPage);
    }

    private static async Task<Answer> WriteAsync(
        HttpContext context, SandboxState state, Func<JsonObject, string?> faultOf, Func<Org, JsonObject, Answer> write)
    {
        var (org, refusal) = Authorize(context, Write);
        if (org is null)
        {
            return refusal!;
        }

        (var body, refusal) = await Intake.ReadAsync(context);
        if (body is null)
        {
            return refusal!;
        }

        if (Data(body) is not { } data)
        {
            return Answer.Errors(400, "Invalid payload: data is required", Fact.IncidentMalformed);
        }

        if (faultOf(data) is { } fault)
        {
            return Answer.Errors(400, $"Invalid payload: {fault}", Fact.IncidentMalformed);
        }

        var answer = write(org, data);
        if (answer.Status < 300)
        {
            state.Arrivals.Record(context, org, Intake.Type, [ArrivedItem.Of(body, Fate.Kept)]);
        }

        return answer;
    }

    private static JsonObject? Data(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject root ? root["data"] as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static (Org? Org, Answer? Refusal) Authorize(HttpContext context, string scope) =>
        context.Exchange().Grant switch
        {
            null => (null, Answer.Unauthorized(Fact.BearerDead)),
            { Scopes: var scopes } when !scopes.Contains(scope) => (null, Answer.Forbidden(Fact.IncidentScope)),
            { Org: var org } => (org, null),
        };

    private static (IEnumerable<Incident> Page, object Pagination)? PageOf(
        HttpContext context, IReadOnlyCollection<Incident> all)
    {
        if (Number(context, "page[size]", PageItems) is not (>= 1 and <= MaxPageItems and var size)
            || Number(context, "page[offset]", 0) is not (>= 0 and var offset))
        {
            return null;
        }

        var page = all.Skip(offset).Take(size).ToList();
        return (page, new { next_offset = offset + page.Count, offset, size = page.Count });
    }

    private static int Number(HttpContext context, string name, int otherwise) =>
        context.Request.Query[name].ToString() is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : -1;

    private static Answer Answered(int status, Incident? incident) =>
        incident is null ? Unknown() : Answer.Of(status, Shown(incident));

    private static object Shown(Incident incident) => new { data = incident.Data };

    private static Answer Unknown() => Answer.Of(
        404,
        new { errors = new[] { new { title = "Generic Error", detail = "incident not found" } } },
        Fact.IncidentUnknown);
}
