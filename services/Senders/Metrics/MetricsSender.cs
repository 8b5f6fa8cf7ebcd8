using Partner.Contracts;
using Partner.Egress;
using Partner.Metrics.DogStatsd;
using Partner.Metrics.Otlp;

namespace Partner.Metrics;

/// <summary>
/// Metrics: https://docs.datadoghq.com/api/latest/metrics/, datadog-facts 3.2. A series goes out in that of the four
/// forms in which it came in, what comes as OTLP as v2 series and distributions, and what comes as lines of DogStatsD as
/// these, events and service checks.
/// </summary>
internal sealed class MetricsSender : Sender
{
    /// <summary>
    /// Bytes of a v1 request, uncompressed (datadog-facts 3.2; distributions: not documented, the same).
    /// </summary>
    public const int MaxV1Bytes = 62_914_560;

    /// <summary>Bytes of a v2 request, uncompressed (datadog-facts 3.2).</summary>
    public const int MaxV2Bytes = 5_242_880;

    // Bytes of an OTLP request on the wire: Datadog's 512 KiB (datadog-facts 3.9 c); decompressed it may have v2's.
    private const int MaxOtlpWireBytes = 524_288;

    // Bytes of a request on the wire (datadog-facts 3.2; distributions: not documented, as v1).
    private const int MaxV1WireBytes = 3_200_000;
    private const int MaxV2WireBytes = 512_000;

    /// <summary>Bytes of a batch, uncompressed: v2's 5,242,880 less a margin, for v1 too (limits 3.1).</summary>
    public const int MaxBatchBytes = 5_000_000;

    /// <summary>Bytes of a batch on the wire: v2's 512,000 less a margin, for v1 too (limits 3.1).</summary>
    public const int MaxWireBytes = 500_000;

    /// <summary>
    /// Points of a batch; the Agent: "the intake drops larger" (limits 3.1). A series that has more is divided.
    /// </summary>
    public const int MaxPoints = 10_000;

    /// <summary>Characters of a metric's name (datadog-facts 3.2).</summary>
    public const int MaxName = 200;

    /// <summary>How new a point may be (datadog-facts 3.2).</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(10);

    /// <summary>How old a point may be: 1 h (datadog-facts 3.2); the margin is for the way there.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1) - TimeSpan.FromMinutes(2);

    /// <summary>The same, of points that are made here.</summary>
    public static readonly ItemWindow PointWindow = new(MaxAge, MaxAhead);

    public const string V2 = "v2";
    public const string Distributions = "distributions";
    public const string Events = "events";
    public const string Checks = "checks";

    private const string V1 = "v1";
    private const string V2Protobuf = "v2p";
    private const string V1Path = "/api/v1/series";
    private const string V2Path = "/api/v2/series";
    private const string DistributionsPath = "/api/v1/distribution_points";
    private const string OtlpPath = "/v1/metrics";
    private const string DogStatsdPath = "/dogstatsd/v2/proxy";

    public override string Name => "metrics";

    public override Product Product => Product.Api;

    public override IReadOnlyList<IntakePath> Paths { get; } =
    [
        new(V1Path, StatusCodes.Status202Accepted, DatadogErrorShape.Texts, """{"status":"ok"}""")
        {
            MaxRequestBytes = MaxV1Bytes,
            MaxWireBytes = MaxV1WireBytes,
        },
        new(V2Path, StatusCodes.Status202Accepted, DatadogErrorShape.Texts, """{"errors":[]}""")
        {
            MaxWireBytes = MaxV2WireBytes,
        },
        new(DistributionsPath, StatusCodes.Status202Accepted, DatadogErrorShape.Texts, """{"status":"ok"}""")
        {
            MaxRequestBytes = MaxV1Bytes,
            MaxWireBytes = MaxV1WireBytes,
        },
        // 202 and the errors' shape as traces have them (datadog-facts 3.6 d).
        new(OtlpPath, StatusCodes.Status202Accepted, DatadogErrorShape.Texts) { MaxWireBytes = MaxOtlpWireBytes },
        // 200 and nothing, as the Agent's proxy answers (datadog-facts 3.2 a).
        new(DogStatsdPath, StatusCodes.Status200OK, DatadogErrorShape.Texts, ""),
    ];

    public override SenderLimits Limits { get; } =
        new(MaxV2Bytes, int.MaxValue, MaxBatchBytes, MaxPoints)
        {
            MaxBatchWeight = MaxPoints,
            MaxWireBytes = MaxWireBytes,
        };

    public override TimeSpan? Window => MaxAge;

    /// <summary>The last of equal timestamps wins (datadog-facts 3.2).</summary>
    public override bool KeepsOrder => true;

    /// <summary>202 to a dead key (datadog-facts 3.1).</summary>
    public override bool ValidatesKeys => true;

    public override bool JoinsDeadLetters => true;

    public override ParsedBody Parse(IntakeBody body) =>
        body.Path.Path switch
        {
            DogStatsdPath => DogStatsdLines.Parse(body),
            OtlpPath => OtlpBody.Parse(body, kind => OtlpMetrics.Parse(body, kind)),
            V1Path => new JsonSeries(body, V1, JsonPoints.V1).Parse(),
            DistributionsPath => new JsonSeries(body, Distributions, JsonPoints.Distribution).Parse(),
            _ when body.MediaType == OtlpAnswer.Protobuf => ProtobufSeries.Parse(body, V2Protobuf),
            _ => new JsonSeries(body, V2, JsonPoints.V2).Parse(),
        };

    /// <summary>Of an event, which is a request, all that a batch may have, and of a check its share.</summary>
    public override int WeightOf(string variant, ReadOnlySpan<byte> item) =>
        variant switch
        {
            Events => MaxPoints,
            Checks => MaxPoints / CheckLine.MaxBatchItems,
            V2Protobuf => ProtobufSeries.CountPoints(item),
            _ => JsonPoints.Count(item),
        };

    public override TimeSpan? WindowOf(string variant) =>
        variant switch
        {
            Events => EventLine.Window.MaxAge,
            Checks => CheckLine.Window.MaxAge,
            _ => Window,
        };

    public override ReadOnlyMemory<byte>? DeadLetterSeparatorOf(string variant) =>
        variant == Events ? null : base.DeadLetterSeparatorOf(variant);

    public override BatchTarget TargetOf(string variant) =>
        variant switch
        {
            V1 => Json(V1Path, "text/json"),
            // Deflate is the only encoding in its specification (datadog-facts 3.2).
            Distributions => Json(DistributionsPath, "text/json") with { ContentEncoding = "deflate" },
            // A message's repeated field may be concatenated (protobuf encoding, "Last One Wins").
            V2Protobuf => new(V2Path, OtlpAnswer.Protobuf, default, default, default),
            Events => new("/api/v1/events", "application/json", default, default, default),
            Checks => new("/api/v1/check_run", "application/json", "["u8.ToArray(), ","u8.ToArray(), "]"u8.ToArray()),
            _ => Json(V2Path, "application/json"),
        };

    private static BatchTarget Json(string path, string contentType) =>
        new(path, contentType, "{\"series\":["u8.ToArray(), ","u8.ToArray(), "]}"u8.ToArray());
}
