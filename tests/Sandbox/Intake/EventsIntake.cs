using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>POST /api/v1/events: one event, answered with the event that was made of it (datadog-facts 3.4).</summary>
internal static class EventsIntake
{
    private const int TextCharacters = 4_000;
    private const int KeyCharacters = 100;

    // A refusal is JSON and says that it is text, as recorded.
    private static readonly ApiIntake Intake = new(
        "events",
        5_000_000,
        5_000_000,
        Fact.EventTooLarge,
        "text/plain; charset=utf-8"
    );

    private static readonly TimeSpan Age = TimeSpan.FromHours(18);
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(2);
    private static readonly string[] Priorities = ["normal", "low"];

    private static readonly string[] AlertTypes =
    [
        "error",
        "warning",
        "info",
        "success",
        "user_update",
        "recommendation",
        "snapshot",
    ];

    public static RouteGroupBuilder MapEventsIntake(this RouteGroupBuilder routes)
    {
        routes.MapPost("/api/v1/events", AcceptAsync).WithMetadata(new IntakeEndpoint());
        return routes;
    }

    private static async Task<Answer> AcceptAsync(HttpContext context, SandboxState state)
    {
        var exchange = context.Exchange();
        if (ApiIntake.RefuseKey(exchange, state) is { } badKey)
        {
            return badKey;
        }

        var (body, refusal) = await Intake.ReadAsync(context);
        if (body is null)
        {
            return refusal!;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(Readable.Of(body));
        }
        catch (JsonException)
        {
            return Intake.Refuse(400, "Payload is not in the expected format: invalid JSON", Fact.EventMalformed);
        }

        using (document)
        {
            var (now, sent) = (state.Clock.GetUtcNow(), document.RootElement);
            if (Refuse(sent, now) is { } malformed)
            {
                return malformed;
            }

            var isLong = TextOf(sent)?.EnumerateRunes().Count() > TextCharacters;
            if (isLong && state.Settings.Strict)
            {
                return Intake.Refuse(400, "strict: text is above 4000 characters", Fact.EventTextLong);
            }

            exchange.Fact = isLong ? Fact.EventTextLong : exchange.Fact;
            state.Arrivals.Record(
                context,
                exchange.Org,
                Intake.Type,
                [ArrivedItem.Of(body, isLong ? Fate.Truncated : Fate.Kept)]
            );
            return Answer.Of(202, Made(sent, exchange.Host!.Site, now));
        }
    }

    private static Answer? Refuse(JsonElement sent, DateTimeOffset now) =>
        sent switch
        {
            { ValueKind: not JsonValueKind.Object } => Malformed("an event is an object"),
            _ when string.IsNullOrEmpty(TitleOf(sent)) => Malformed("title is missing"),
            _ when Text(sent, "aggregation_key")?.Length > KeyCharacters => Malformed(
                "aggregation_key is above 100 characters"
            ),
            _ when Has(sent, "alert_type") && !AlertTypes.Contains(Text(sent, "alert_type")) => Malformed(
                "alert_type is unknown"
            ),
            _ when Has(sent, "priority") && !Priorities.Contains(Text(sent, "priority")) => Malformed(
                "priority is unknown"
            ),
            _ when Has(sent, "date_happened") && Seconds(sent) is null => Malformed("date_happened is not an integer"),
            _ when Seconds(sent) < (now - Age).ToUnixTimeSeconds() => Intake.Refuse(
                400,
                "Event too far in the past",
                Fact.EventLate
            ),
            _ when Seconds(sent) > (now + Ahead).ToUnixTimeSeconds() => Intake.Refuse(
                400,
                "Event too far in the future",
                Fact.EventEarly
            ),
            _ => null,
        };

    private static Answer Malformed(string why) =>
        Intake.Refuse(400, $"Payload is not in the expected format: {why}", Fact.EventMalformed);

    // {"status":"ok","event":{"id":6327818702635911000,"id_str":"6327818702635911562",...}}
    private static JsonObject Made(JsonElement sent, Site site, DateTimeOffset now)
    {
        var id = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue;
        return new JsonObject
        {
            ["status"] = "ok",
            ["event"] = new JsonObject
            {
                ["id"] = Rounded(id),
                ["id_str"] = id.ToString(CultureInfo.InvariantCulture),
                ["title"] = TitleOf(sent),
                ["text"] = Cut(TextOf(sent) ?? ""),
                ["date_happened"] = Seconds(sent) ?? now.ToUnixTimeSeconds(),
                ["handle"] = null,
                ["priority"] = Text(sent, "priority"),
                ["related_event_id"] = Copy(sent, "related_event_id"),
                ["tags"] = Copy(sent, "tags") ?? new JsonArray(),
                ["url"] = $"https://{site.AppHost}/event/event?id={id}",
            },
        };
    }

    // The number goes through a double at Datadog and loses its last digits: the recording has ...911000 for ...911562.
    private static decimal Rounded(long id) =>
        decimal.Parse(
            ((double)id).ToString("R", CultureInfo.InvariantCulture),
            NumberStyles.Float,
            CultureInfo.InvariantCulture
        );

    private static JsonNode? Copy(JsonElement sent, string name) =>
        sent.TryGetProperty(name, out var value) ? JsonNode.Parse(value.GetRawText()) : null;

    // Datadog's own Ruby client says msg_title and msg_text (dogapi-rb, lib/dogapi/event.rb).
    private static string? TitleOf(JsonElement sent) => Text(sent, "title") ?? Text(sent, "msg_title");

    private static string? TextOf(JsonElement sent) => Text(sent, "text") ?? Text(sent, "msg_text");

    private static string Cut(string text) => string.Concat(text.EnumerateRunes().Take(TextCharacters));

    private static bool Has(JsonElement sent, string name) =>
        sent.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null;

    private static string? Text(JsonElement sent, string name) =>
        sent.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static long? Seconds(JsonElement sent) =>
        sent.TryGetProperty("date_happened", out var at)
        && at.ValueKind is JsonValueKind.Number
        && at.TryGetInt64(out var seconds)
            ? seconds
            : null;
}
