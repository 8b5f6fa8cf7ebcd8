using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Partner.Gateway.Ingest;

namespace Partner.Gateway;

/// <summary>
/// The requests of a tracer to its agent other than traces and metrics, answered here and without a key, for agents have none.
/// Nothing of a body is read. <c>Senders/Traces/README.md</c> says why each answer is as it is.
/// </summary>
internal static partial class AgentApi
{
    // The agent's own of what is taken (datadog-facts 3.6 a, 3.2 a).
    private static readonly string[] IngestPaths =
    [
        "/v0.3/traces",
        "/v0.4/traces",
        "/v0.5/traces",
        "/v0.7/traces",
        "/dogstatsd/v2/proxy",
    ];

    private const string InfoPath = "/info";
    private const string TelemetryPath = "/telemetry/proxy/{**path}";
    private const string ConfigPath = "/v0.7/config";
    private const string StatsPath = "/v0.6/stats";

    public static readonly string[] Paths = [InfoPath, TelemetryPath, ConfigPath, StatsPath];

    public static void MapAgent(this IEndpointRouteBuilder routes)
    {
        var senders = routes.ServiceProvider.GetRequiredService<IOptions<SendersOptions>>().Value;
        var served = senders.Values.SelectMany(sender => sender.Routes).Select(route => route.Path).ToHashSet();
        string[] endpoints = [.. IngestPaths.Where(served.Contains)];
        if (endpoints.Length == 0)
        {
            return;
        }

        var agent = routes.MapGroup("").AllowAnonymous();
        var info = JsonSerializer.SerializeToUtf8Bytes(new Info(endpoints), AgentJson.Default.Info);
        agent.MapMethods(InfoPath, [HttpMethods.Get, HttpMethods.Head], context => AnswerAsync(context, info));
        // Any answer but a success makes tracers send it, and the key with it, to Datadog's own host.
        agent.Map(TelemetryPath, (RequestDelegate)TakeAsync);
        agent.Map(ConfigPath, (RequestDelegate)(context => AnswerAsync(context, "{}"u8.ToArray())));
        agent.Map(StatsPath, (RequestDelegate)(context => AnswerAsync(context, "{}"u8.ToArray())));
    }

    private static Task TakeAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return Task.CompletedTask;
    }

    private static Task AnswerAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }

    /// <summary>
    /// The agent's description of itself. A tracer does what an endpoint here lets it do, and nothing else; one that may
    /// drop traces itself would send metrics in their place, which go nowhere.
    /// </summary>
    internal sealed record Info(string[] Endpoints)
    {
        // Tracers compare it with what an agent of theirs can do; this one is what speaks v0.4.
        public string Version { get; } = "7.0.0";

        public bool ClientDropP0s { get; }

        public bool SpanMetaStructs { get; } = true;

        public bool SpanEvents { get; } = true;

        public bool LongRunningSpans { get; }

        public string[] FeatureFlags { get; } = [];
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Info))]
    private sealed partial class AgentJson : JsonSerializerContext;
}
