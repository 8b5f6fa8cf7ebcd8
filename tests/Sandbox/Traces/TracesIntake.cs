using System.Text.Json;
using Partner.Sandbox.Intake;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Traces;

/// <summary>The ways in for spans that a partner could use (datadog-facts 3.6 b to e).</summary>
internal static class TracesIntake
{
    public const string Protobuf = "application/x-protobuf";
    private const string Type = "traces";
    private const string Json = "application/json";

    public static RouteGroupBuilder MapOtlpTraces(this RouteGroupBuilder routes)
    {
        Intake(routes).MapPost("/v1/traces", Otlp);
        return routes;
    }

    public static RouteGroupBuilder MapJsonSpans(this RouteGroupBuilder routes)
    {
        Intake(routes).MapPost("/api/v2/spans", Spans);
        return routes;
    }

    public static RouteGroupBuilder MapAgentTraces(this RouteGroupBuilder routes)
    {
        Intake(routes).MapPost("/api/v0.2/traces", Agent);
        Intake(routes).MapPost("/api/v0.2/stats", AgentStats);
        return routes;
    }

    private static RouteGroupBuilder Intake(RouteGroupBuilder routes) =>
        routes.MapGroup("").WithMetadata(new IntakeEndpoint());

    private static Task<Answer> Otlp(HttpContext context, SandboxState state)
    {
        var isJson = Is(context, Json);
        if (!isJson && !Is(context, Protobuf))
        {
            return Task.FromResult(Answer.Errors(415, "Unsupported Media Type", TraceFact.OtlpContentType));
        }

        var accepted = new Answer(202, isJson ? "{}" : "", ContentType: isJson ? Json : Protobuf);
        return AcceptAsync(
            context,
            state,
            new Format(TraceLimits.OtlpBytes, TraceFact.OtlpTooLarge, isJson ? OtlpJson.Read : OtlpProtobuf.Read),
            accepted,
            NotAllowed
        );
    }

    private static Task<Answer> Spans(HttpContext context, SandboxState state) =>
        AcceptAsync(
            context,
            state,
            new Format(TraceLimits.JsonSpansBytes, TraceFact.JsonSpansTooLarge, JsonSpans.Read),
            Answer.Of(202, new { })
        );

    private static Task<Answer> Agent(HttpContext context, SandboxState state) =>
        AcceptAsync(
            context,
            state,
            new Format(TraceLimits.AgentBytes, TraceFact.AgentTooLarge, AgentSpans.Read),
            Answer.Of(200, new { })
        );

    // Statistics of spans are not spans: nothing of them is recorded.
    private static Task<Answer> AgentStats(HttpContext context, SandboxState state) =>
        AcceptAsync(
            context,
            state,
            new Format(TraceLimits.AgentBytes, TraceFact.AgentTooLarge, null),
            Answer.Of(200, new { })
        );

    private static async Task<Answer> AcceptAsync(
        HttpContext context,
        SandboxState state,
        Format format,
        Answer accepted,
        Func<HttpContext, Org, Settings, string?>? notAllowed = null
    )
    {
        var exchange = context.Exchange();
        if (exchange.Key is not { } key || !state.Orgs.IsActive(key))
        {
            return exchange.KeyPresented
                ? Answer.Forbidden(exchange.Key is null ? TraceFact.BadKey : Fact.KeySettling)
                : Answer.Unauthorized(TraceFact.NoKey);
        }

        if (notAllowed?.Invoke(context, key.Org, state.Settings) is { } reason)
        {
            return Answer.Forbidden(reason);
        }

        var (spans, refusal) = await ReadAsync(context, format);
        if (spans is null)
        {
            return refusal!;
        }

        if (format.Read is not null)
        {
            state.Arrivals.Record(context, key.Org, Type, [.. spans.Select(span => span.ToItem())]);
        }

        return accepted;
    }

    private static async Task<(List<SpanLine>? Spans, Answer? Refusal)> ReadAsync(HttpContext context, Format format)
    {
        var request = context.Request;
        try
        {
            var body = await Inflater.InflateAsync(
                request.Body,
                request.Headers.ContentEncoding,
                format.Limit,
                context.RequestAborted
            );
            return body switch
            {
                null => (null, Answer.Errors(415, "Unsupported Media Type", TraceFact.Encoding)),
                _ when body.Length > format.Limit => (null, Answer.Errors(413, "Payload Too Large", format.TooLarge)),
                _ => (format.Read?.Invoke(body) ?? [], null),
            };
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidDataException)
        {
            return (null, Answer.Errors(400, "Payload is malformed", TraceFact.Malformed));
        }
    }

    // otlp.<site> has a list of orgs; a platform's sub-domain is enabled as a whole (datadog-facts 3.6 d, e).
    private static string? NotAllowed(HttpContext context, Org org, Settings settings)
    {
        var host = context.Exchange().Host!;
        if (host.Products.HasFlag(Product.PlatformOtlp))
        {
            return host.Host.StartsWith($"{settings.OtlpPlatform}.", StringComparison.OrdinalIgnoreCase)
                ? null
                : TraceFact.OtlpPlatform;
        }

        var source = context.Request.Headers["dd-otlp-source"].FirstOrDefault();
        return !org.OtlpAllowed ? TraceFact.OtlpOrg
            : settings.OtlpSource is { } needed && source != needed ? TraceFact.OtlpSource
            : null;
    }

    private static bool Is(HttpContext context, string mediaType) =>
        context.Request.ContentType?.StartsWith(mediaType, StringComparison.OrdinalIgnoreCase) == true;

    private sealed record Format(int Limit, string TooLarge, Func<ReadOnlyMemory<byte>, List<SpanLine>>? Read);
}
