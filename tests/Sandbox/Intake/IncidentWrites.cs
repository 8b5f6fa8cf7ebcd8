using System.Text.Json;
using System.Text.Json.Nodes;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>
/// Create, import, update, impacts and delete of incidents; each that is taken is recorded as an arrival.
/// </summary>
internal static class IncidentWrites
{
    private const string Scope = "incident_write";

    private static readonly ApiIntake Intake = new(
        "incidents",
        5_000_000,
        5_000_000,
        Fact.IncidentMalformed,
        "application/json"
    );

    private static readonly JsonDocumentOptions NoDuplicates = new() { AllowDuplicateProperties = false };

    public static void MapIncidentWrites(this RouteGroupBuilder routes)
    {
        var writes = routes.MapGroup("").WithMetadata(new IntakeEndpoint());
        writes.MapPost(IncidentsApi.Path, Create);
        writes.MapPost($"{IncidentsApi.Path}/import", Import);
        writes.MapPatch($"{IncidentsApi.Path}/{{id}}", Update);
        writes.MapPost($"{IncidentsApi.Path}/{{id}}/impacts", AddImpact);
        writes.MapDelete($"{IncidentsApi.Path}/{{id}}", Delete);
    }

    private static Task<Answer> Create(HttpContext context, SandboxState state) =>
        WriteAsync(
            context,
            state,
            IncidentRules.FaultOfCreate,
            (org, sent) =>
                IncidentsApi.Answered(
                    201,
                    state.Incidents.Add(org, sent["attributes"]!.AsObject(), sent["relationships"] as JsonObject)
                )
        );

    private static Task<Answer> Import(HttpContext context, SandboxState state) =>
        WriteAsync(
            context,
            state,
            IncidentRules.FaultOfImport,
            (org, sent) =>
            {
                var made = state.Incidents.Add(
                    org,
                    sent["attributes"]!.AsObject(),
                    sent["relationships"] as JsonObject
                );
                return Answer.Of(201, new { data = IncidentBody.Imported(made.Data, org) }) with
                {
                    ContentType = "application/vnd.api+json",
                };
            }
        );

    private static Task<Answer> Update(HttpContext context, SandboxState state, string id) =>
        WriteAsync(
            context,
            state,
            data => IncidentRules.FaultOfUpdate(data, id),
            (org, sent) =>
                IncidentsApi.Answered(
                    200,
                    state.Incidents.Change(
                        org,
                        id,
                        (incident, now) =>
                        {
                            var attributes = sent["attributes"] as JsonObject ?? [];
                            IncidentBody.Apply(incident.Data, org, attributes, sent["relationships"] as JsonObject);
                            IncidentBody.Touch(incident.Data, org, now);
                        }
                    )
                )
        );

    private static Task<Answer> AddImpact(HttpContext context, SandboxState state, string id) =>
        WriteAsync(
            context,
            state,
            IncidentRules.FaultOfImpact,
            (org, sent) =>
            {
                var incident = state.Incidents.Change(
                    org,
                    id,
                    (incident, now) =>
                    {
                        var impact = IncidentImpact.New(org, id, sent["attributes"]!.AsObject(), now);
                        incident.Impacts.Add(impact);
                        incident.Data["relationships"]!["impacts"]!["data"]!
                            .AsArray()
                            .Add(
                                (JsonNode)IncidentBody.Reference("incident_impacts", impact["id"]!.GetValue<string>())
                            );
                    }
                );
                return incident is null ? IncidentsApi.Unknown() : Answer.Of(201, new { data = incident.Impacts[^1] });
            }
        );

    private static Answer Delete(HttpContext context, SandboxState state, string id)
    {
        var (org, refusal) = IncidentsApi.Authorize(context, Scope);
        if (org is null)
        {
            return refusal!;
        }

        return state.Incidents.Remove(org, id)
            ? new Answer(204, "", ContentType: "text/html; charset=utf-8")
            : IncidentsApi.Unknown();
    }

    private static async Task<Answer> WriteAsync(
        HttpContext context,
        SandboxState state,
        Func<JsonObject, string?> faultOf,
        Func<Org, JsonObject, Answer> write
    )
    {
        var (org, refusal) = IncidentsApi.Authorize(context, Scope);
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
            return JsonNode.Parse(Readable.Of(body), documentOptions: NoDuplicates) is JsonObject root
                ? root["data"] as JsonObject
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
