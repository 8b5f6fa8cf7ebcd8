using System.Text.Json;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>POST /api/v1/check_run: one service check or an array of them (datadog-facts 3.5).</summary>
internal static class ChecksIntake
{
    // The size is ND: what the Agent keeps to (limits 3.1).
    private static readonly ApiIntake Intake = new(
        "service_checks",
        2_621_440,
        4_194_304,
        Fact.CheckTooLarge,
        "text/json"
    );

    private static readonly TimeSpan Age = TimeSpan.FromMinutes(10);

    public static RouteGroupBuilder MapChecksIntake(this RouteGroupBuilder routes)
    {
        routes.MapPost("/api/v1/check_run", AcceptAsync).WithMetadata(new IntakeEndpoint());
        return routes;
    }

    private static async Task<Answer> AcceptAsync(HttpContext context, SandboxState state)
    {
        if (ApiIntake.RefuseKey(context.Exchange(), state) is { } badKey)
        {
            return badKey with { ContentType = Intake.ContentType };
        }

        var (body, refusal) = await Intake.ReadAsync(context);
        if (body is null)
        {
            return refusal!;
        }

        var (items, fault) = Read(body, state.Clock.GetUtcNow() - Age);
        if (items is null)
        {
            return Intake.Refuse(400, $"Payload is not in the expected format: {fault}", Fact.CheckMalformed);
        }

        if (items.FindIndex(item => item.Fate is Fate.Dropped) is >= 0 and var late)
        {
            if (state.Settings.Strict)
            {
                return Intake.Refuse(400, $"strict: check [{late}] is older than 10 minutes", Fact.CheckLate);
            }

            context.Exchange().Fact = Fact.CheckLate;
        }

        state.Arrivals.Record(context, context.Exchange().Org, Intake.Type, items);
        return new Answer(202, """{"status": "ok"}""", ContentType: Intake.ContentType);
    }

    private static (List<ArrivedItem>? Items, string? Fault) Read(byte[] body, DateTimeOffset oldest)
    {
        try
        {
            var items = new List<ArrivedItem>();
            foreach (var raw in LogItems.FromJson(body))
            {
                using var check = JsonDocument.Parse(Readable.Of(raw.Span));
                if (FaultOf(check.RootElement) is { } fault)
                {
                    return (null, $"[{items.Count}].{fault}");
                }

                var isLate =
                    check.RootElement.TryGetProperty("timestamp", out var at)
                    && at.ValueKind is JsonValueKind.Number
                    && at.GetDouble() < oldest.ToUnixTimeSeconds();
                items.Add(ArrivedItem.Of(raw, isLate ? Fate.Dropped : Fate.Kept));
            }

            return (items, null);
        }
        catch (JsonException)
        {
            return (null, "invalid JSON");
        }
    }

    private static string? FaultOf(JsonElement check) =>
        check switch
        {
            _ when !IsText(check, "check") => "check is missing",
            _ when !IsText(check, "host_name") => "host_name is missing",
            _ when !(
                    check.TryGetProperty("status", out var status)
                    && status.ValueKind is JsonValueKind.Number
                    && status.TryGetInt32(out var number)
                    && number is >= 0 and <= 3
                ) => "status is not 0, 1, 2 or 3",
            // Datadog's own Python client and Agent 5 send null where there are none, and the time as a float.
            _ when check.TryGetProperty("tags", out var tags)
                    && tags.ValueKind is not JsonValueKind.Null
                    && !(
                        tags.ValueKind is JsonValueKind.Array
                        && tags.EnumerateArray().All(tag => tag.ValueKind is JsonValueKind.String)
                    ) => "tags is not a list of texts",
            _ when check.TryGetProperty("timestamp", out var at)
                    && at.ValueKind is not (JsonValueKind.Number or JsonValueKind.Null) => "timestamp is not a number",
            _ => null,
        };

    private static bool IsText(JsonElement check, string name) =>
        check.TryGetProperty(name, out var value)
        && value.ValueKind is JsonValueKind.String
        && value.GetString() is not "";
}
