using Partner.Contracts;
using Partner.Egress;

namespace Partner.ServiceChecks;

/// <summary>Service checks: https://docs.datadoghq.com/api/latest/service-checks/, datadog-facts 3.5.</summary>
internal sealed class ServiceChecksSender : Sender
{
    /// <summary>Bytes of a request, uncompressed. Datadog documents none; the Agent's generic limit (limits 3.1).</summary>
    public const int MaxRequestBytes = 4_194_304;

    /// <summary>Bytes of a batch, uncompressed: what the Agent allows compressed (limits 3.1), so that it always fits.</summary>
    public const int MaxBatchBytes = 2_621_440;

    /// <summary>Checks of a batch (limits 3.1).</summary>
    public const int MaxBatchItems = 100;

    /// <summary>Checks may be 10 minutes old (datadog-facts 3.5); the margin is for the way there.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10) - TimeSpan.FromMinutes(1);

    public override string Name => "checks";

    public override Product Product => Product.Api;

    public override IReadOnlyList<IntakePath> Paths { get; } =
    [new("/api/v1/check_run", StatusCodes.Status202Accepted, DatadogErrorShape.Texts, """{"status":"ok"}""")];

    public override SenderLimits Limits { get; } = new(MaxRequestBytes, int.MaxValue, MaxBatchBytes, MaxBatchItems);

    public override TimeSpan? Window => MaxAge;

    /// <summary>The last status stands: an older one must not come after it.</summary>
    public override bool KeepsOrder => true;

    public override bool JoinsDeadLetters => true;

    public override ParsedBody Parse(IntakeBody body) => ServiceChecksParser.Parse(body);

    public override BatchTarget TargetOf(string variant) =>
        new("/api/v1/check_run", "application/json", "["u8.ToArray(), ","u8.ToArray(), "]"u8.ToArray());
}
