using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Egress;
using Partner.Traces.Agent;

namespace Partner.Traces;

/// <summary>
/// Traces: datadog-facts 3.6. An item is OTLP, one or more ResourceSpans; it becomes what the sink takes.
/// </summary>
internal sealed class TracesSender(IOptions<TracesOptions> options) : Sender
{
    /// <summary>Bytes of a request, uncompressed: OTLP's 15 MiB (datadog-facts 3.6 d).</summary>
    public const int MaxRequestBytes = 15 * 1024 * 1024;

    /// <summary>Traces of a request, or ResourceSpans and ScopeSpans; a bound of ours.</summary>
    public const int MaxRequestItems = 20_000;

    /// <summary>Spans of a request; a bound of ours: of what tracers write 15 MiB hold fewer.</summary>
    public const int MaxRequestSpans = 100_000;

    /// <summary>
    /// Bytes of a batch: the smallest of all sinks, the agent intake's 3,200,000 less a margin (limits 3.1).
    /// </summary>
    public const int MaxBatchBytes = 3_000_000;

    /// <summary>Items of a batch (limits 3.1).</summary>
    public const int MaxBatchItems = 1_000;

    public const string OtlpPath = "/v1/traces";
    public const string AgentPath = "/v0.4/traces";

    /// <summary>The same format; Datadog's guide to sending traces by hand names it (datadog-facts 3.6 a).</summary>
    public const string OldAgentPath = "/v0.3/traces";

    /// <summary>Texts once, and spans that name them by their numbers.</summary>
    public const string IndexedPath = "/v0.5/traces";

    /// <summary>A TracerPayload.</summary>
    public const string PayloadPath = "/v0.7/traces";

    /// <summary>What tracers send without an agent (datadog-facts 3.6 c).</summary>
    public const string AgentlessPath = "/api/v2/spans";

    private const string Protobuf = "application/x-protobuf";

    public override string Name => "traces";

    public override Product Product => Product.Otlp;

    public override bool NeedsSink => true;

    // dd-trace sends the same bytes again when an answer takes longer than 2 s, up to five times.
    public override bool DeduplicatesRequests => true;

    public override IReadOnlyList<IntakePath> Paths { get; } =
    [
        // 202 and not OTLP's 200, because Datadog answers so (datadog-facts 3.6 d).
        new(OtlpPath, StatusCodes.Status202Accepted, DatadogErrorShape.Texts),
        Agent(AgentPath),
        Agent(OldAgentPath),
        Agent(IndexedPath),
        Agent(PayloadPath),
        new(AgentlessPath, StatusCodes.Status202Accepted, DatadogErrorShape.Texts),
    ];

    public override SenderLimits Limits { get; } = new(MaxRequestBytes, MaxRequestItems, MaxBatchBytes, MaxBatchItems);

    public override ParsedBody Parse(IntakeBody body) => TracesParser.Parse(body);

    // Datadog computes trace metrics: only Datadog sees all spans (datadog-facts 3.6 d).
    public override BatchTarget TargetOf(string variant) =>
        new(OtlpPath, Protobuf, default, default, default)
        {
            Headers = options.Value.OtlpSource is { } source
                ? new Dictionary<string, string> { ["compute_stats"] = "true", ["dd-otlp-source"] = source }
                : new Dictionary<string, string> { ["compute_stats"] = "true" },
        };

    public override Sink? SinkAt(ConnectionRoute route)
    {
        var kind =
            options.Value.For(route.Site)
            ?? (route.Hosts.ContainsKey(nameof(Product.Otlp)) ? SinkKind.Otlp : SinkKind.JsonSpans);
        return kind switch
        {
            SinkKind.Otlp => At(Product.Otlp, TargetOf),
            SinkKind.PartnerOtlp => At(Product.PartnerOtlp, _ => new(OtlpPath, Protobuf, default, default, default)),
            SinkKind.JsonSpans => At(Product.Spans, _ => JsonSpans.Target, JsonSpans.Encode),
            SinkKind.Agent => At(Product.Traces, _ => AgentPayload.Target, AgentPayload.Encode),
            _ => null,
        };

        Sink? At(
            Product product,
            Func<string, BatchTarget> target,
            Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? encode = null
        ) =>
            route.Hosts.TryGetValue(product.ToString(), out var host)
                ? new Sink(host, target) { Encode = encode ?? (item => item) }
                : null;
    }

    private static IntakePath Agent(string path) =>
        new(path, StatusCodes.Status200OK, DatadogErrorShape.Texts, """{"rate_by_service":{}}""")
        {
            Methods = [HttpMethods.Put, HttpMethods.Post],
        };
}
