using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>
/// POST /api/v2/events on event-management-intake: closed to a partner that has OAuth alone, for it asks for an
/// application key (datadog-facts 2.9); a switch opens it.
/// </summary>
internal static class EventsV2Intake
{
    private static readonly ApiIntake Intake = new(
        "events",
        5_000_000,
        5_000_000,
        Fact.EventTooLarge,
        "application/json"
    );

    public static RouteGroupBuilder MapEventsV2Intake(this RouteGroupBuilder routes)
    {
        routes.MapPost("/api/v2/events", AcceptAsync).WithMetadata(new IntakeEndpoint());
        return routes;
    }

    private static async Task<Answer> AcceptAsync(HttpContext context, SandboxState state)
    {
        var exchange = context.Exchange();
        if (ApiIntake.RefuseKey(exchange, state) is { } badKey)
        {
            return Refuse(403, "Forbidden", "API key is missing or invalid", badKey.Fact!);
        }

        if (state.Settings.EventsV2NeedsApplicationKey)
        {
            return Refuse(403, "Forbidden", "Application key is missing or invalid", Fact.EventV2Key);
        }

        var (body, refusal) = await Intake.ReadAsync(context);
        if (body is null)
        {
            return refusal!;
        }

        try
        {
            using var document = JsonDocument.Parse(Readable.Of(body));
            if (EventsV2Schema.FaultOf(document.RootElement, state.Clock.GetUtcNow()) is { } fault)
            {
                return Refuse(400, "Bad Request", $"JSON validation failed at {fault}.", Fact.EventV2Malformed);
            }
        }
        catch (JsonException)
        {
            return Refuse(400, "Bad Request", "Payload is malformed", Fact.EventV2Malformed);
        }

        state.Arrivals.Record(context, exchange.Org, Intake.Type, [ArrivedItem.Of(body, Fate.Kept)]);
        return Made(exchange.Host!.Site);
    }

    private static Answer Made(Site site)
    {
        var id = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue;
        var uid = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(18));
        var evt = new { id = id.ToString(CultureInfo.InvariantCulture), uid };
        return Answer.Of(
            202,
            new
            {
                data = new
                {
                    attributes = new { attributes = new { evt } },
                    id = "_",
                    type = "event",
                },
                links = new { self = $"https://{site.AppHost}/event/event?uid={uid}" },
            }
        );
    }

    private static Answer Refuse(int status, string title, string detail, string fact) =>
        Answer.Of(
            status,
            new
            {
                errors = new[]
                {
                    new
                    {
                        status = status.ToString(CultureInfo.InvariantCulture),
                        title,
                        detail,
                    },
                },
            },
            fact
        );
}
