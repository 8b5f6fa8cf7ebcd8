using Partner.Contracts;
using Partner.Egress;

namespace Partner.Logs;

/// <summary>Logs: https://docs.datadoghq.com/api/latest/logs/send-logs/, datadog-facts 3.3.</summary>
internal sealed class LogsSender : Sender
{
    /// <summary>
    /// Bytes of a request, uncompressed, and however many logs: Datadog's own tracers and log transports fill a request
    /// to 5 MiB, and its intake takes more than the 1,000 that it documents (datadog-agent#30998). What is more than
    /// that is divided on the way out.
    /// </summary>
    public const int MaxRequestBytes = 5_242_880;

    /// <summary>Bytes of an OTLP request, uncompressed: Datadog's 5.1 MiB (datadog-facts 3.9 b).</summary>
    public const int MaxOtlpBytes = 5_347_737;

    public const string OtlpPath = "/v1/logs";

    /// <summary>Of pages, by Datadog's SDK for browsers: the gateway lets client tokens in here, and nothing else.</summary>
    public const string BrowserPath = "/browser/api/v2/logs";

    /// <summary>Bytes of a request of a page. Its SDK sends 16 KiB of logs, or one of up to 256 KiB (datadog-facts 3.3).</summary>
    public const int MaxBrowserBytes = 1_048_576;

    /// <summary>Bytes of a request to Datadog, uncompressed. Its MB are 10^6 (datadog-facts 3.3).</summary>
    private const int MaxSentBytes = 5_000_000;

    /// <summary>Bytes of a log: alone in a batch, it has two brackets about it.</summary>
    public const int MaxLogBytes = MaxSentBytes - 2;

    /// <summary>Logs of a batch (datadog-facts 3.3).</summary>
    public const int MaxBatchItems = 1_000;

    /// <summary>Bytes of a batch, uncompressed: Datadog's 5,000,000 less a margin (limits 3.1).</summary>
    public const int MaxBatchBytes = 4_750_000;

    /// <summary>Logs may be 18 hours old (datadog-facts 3.3); the margin is for the way there.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(18) - TimeSpan.FromMinutes(10);

    public override string Name => "logs";

    public override Product Product => Product.Logs;

    public override IReadOnlyList<IntakePath> Paths { get; } =
    [
        new("/api/v2/logs", StatusCodes.Status202Accepted, DatadogErrorShape.Detailed),
        new(BrowserPath, StatusCodes.Status202Accepted, DatadogErrorShape.Detailed)
        {
            MaxRequestBytes = MaxBrowserBytes,
            IsPublic = true,
        },
        new("/v1/input", StatusCodes.Status200OK, DatadogErrorShape.CodeAndMessage),
        // 202 and the errors' shape as traces have them (datadog-facts 3.6 d).
        new(OtlpPath, StatusCodes.Status202Accepted, DatadogErrorShape.Texts) { MaxRequestBytes = MaxOtlpBytes },
    ];

    public override SenderLimits Limits { get; } = new(MaxRequestBytes, int.MaxValue, MaxBatchBytes, MaxBatchItems);

    public override TimeSpan? Window => MaxAge;

    public override bool JoinsDeadLetters => true;

    public override ParsedBody Parse(IntakeBody body) => LogsParser.Parse(body);

    /// <summary>All ways in have one way out, which every site has. The variant is the query that came with JSON.</summary>
    public override BatchTarget TargetOf(string variant) =>
        new(
            variant.Length == 0 ? "/api/v2/logs" : $"/api/v2/logs?{variant}",
            "application/json",
            "["u8.ToArray(),
            ","u8.ToArray(),
            "]"u8.ToArray()
        );
}
