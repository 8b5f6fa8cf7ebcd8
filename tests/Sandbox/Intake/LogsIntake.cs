using System.Text.Json;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>POST /api/v2/logs and the older /v1/input on a logs host (datadog-facts 3.3).</summary>
internal static class LogsIntake
{
    private const string Type = "logs";

    public static RouteGroupBuilder MapLogsIntake(this RouteGroupBuilder routes)
    {
        var intake = routes.MapGroup("").WithMetadata(new IntakeEndpoint());
        intake.MapPost(
            "/api/v2/logs",
            (HttpContext context, SandboxState state) => Accept(context, state, LogsDialect.V2)
        );
        intake.MapPost(
            "/v1/input",
            (HttpContext context, SandboxState state) => Accept(context, state, LogsDialect.Legacy)
        );
        return routes;
    }

    private static async Task<Answer> Accept(HttpContext context, SandboxState state, LogsDialect dialect)
    {
        var exchange = context.Exchange();
        if (exchange.Key is not { } key || !state.Orgs.IsActive(key))
        {
            return exchange switch
            {
                { KeyPresented: false } => dialect.NoKey(),
                { Key: null } => dialect.Refuse(403, "Forbidden", "API key is invalid", Fact.LogsBadKey),
                _ => dialect.Refuse(403, "Forbidden", "API key is invalid", Fact.KeySettling),
            };
        }

        var (items, refusal) = await ReadAsync(context, dialect);
        if (items is null)
        {
            return refusal!;
        }

        var now = state.Clock.GetUtcNow();
        var arrived = items.ConvertAll(item =>
            state.Settings.KeepMarks ? ArrivedItem.Of(item, Fate.Kept) : LogItems.Classify(item, now)
        );
        if (arrived.Find(item => item.Fate is Fate.Dropped) is { } dropped)
        {
            exchange.Fact = LogDates.Find(dropped.Raw.Span) is { IsSeconds: true } ? Fact.LogsSeconds : Fact.LogsLate;
        }

        if (state.Settings.Strict && arrived.Find(item => item.Fate is not Fate.Kept) is { } harmed)
        {
            return harmed.Fate is Fate.Dropped
                ? dialect.Refuse(400, "Bad Request", "strict: a log is older than 18 hours", Fact.LogsLate)
                : dialect.Refuse(413, "Payload Too Large", "strict: a log is above 1MB", Fact.LogsTruncated);
        }

        state.Arrivals.Record(context, key.Org, Type, arrived);
        return Answer.Of(dialect.Accepted, new { });
    }

    private static async Task<(List<ReadOnlyMemory<byte>>? Items, Answer? Refusal)> ReadAsync(
        HttpContext context,
        LogsDialect dialect
    )
    {
        var request = context.Request;
        try
        {
            var body = await Inflater.InflateAsync(
                request.Body,
                request.Headers.ContentEncoding,
                LogsLimits.BodyBytes,
                context.RequestAborted
            );
            if (body is null)
            {
                return (
                    null,
                    dialect.Refuse(
                        415,
                        "Unsupported Media Type",
                        "Content-Encoding is not supported",
                        Fact.LogsEncoding
                    )
                );
            }

            if (body.Length > LogsLimits.BodyBytes)
            {
                return (
                    null,
                    dialect.Refuse(413, "Payload Too Large", "Payload is above 5MB uncompressed", Fact.LogsTooLarge)
                );
            }

            var items = IsText(request.ContentType) ? LogItems.FromText(body, request.Query) : LogItems.FromJson(body);
            return items.Count > LogsLimits.Items
                ? (null, dialect.Refuse(413, "Payload Too Large", "Payload has above 1000 entries", Fact.LogsTooMany))
                : (items, null);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidDataException)
        {
            return (null, dialect.Refuse(400, "Bad Request", "Payload is malformed", Fact.LogsMalformed));
        }
    }

    private static bool IsText(string? contentType) =>
        contentType is not null
        && (
            contentType.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/logplex-1", StringComparison.OrdinalIgnoreCase)
        );
}
