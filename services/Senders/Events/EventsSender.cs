using Partner.Contracts;
using Partner.Egress;

namespace Partner.Events;

/// <summary>Events v1: https://docs.datadoghq.com/api/latest/events/post-an-event/, datadog-facts 3.4.</summary>
internal sealed class EventsSender : Sender
{
    /// <summary>Characters of <c>aggregation_key</c> (datadog-facts 3.4).</summary>
    public const int MaxAggregationKey = 100;

    /// <summary>
    /// Bytes of a request, uncompressed. Datadog documents none; of the text it keeps 4,000 characters, which are at
    /// most 24,000 bytes when each is escaped.
    /// </summary>
    public const int MaxRequestBytes = 1_000_000;

    /// <summary>
    /// Datadog takes events that are 18 hours old (datadog-facts 3.4); the margin is for the way there.
    /// </summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(18) - TimeSpan.FromMinutes(10);

    /// <summary>And such as are two hours ahead (datadog-facts 3.4).</summary>
    private static readonly TimeSpan MaxAhead = TimeSpan.FromHours(2);

    public override string Name => "events";

    public override Product Product => Product.Api;

    public override IReadOnlyList<IntakePath> Paths { get; } =
    [new("/api/v1/events", StatusCodes.Status202Accepted, DatadogErrorShape.Texts)];

    /// <summary>One event per request: there is no batch form (limits 3.1).</summary>
    public override SenderLimits Limits { get; } =
        new(MaxRequestBytes, MaxRequestItems: 1, MaxRequestBytes, MaxBatchItems: 1);

    public override TimeSpan? Window => MaxAge;

    public override ParsedBody Parse(IntakeBody body) => EventsParser.Parse(body.Bytes, body.Now, MaxAge, MaxAhead);

    public override BatchTarget TargetOf(string variant) =>
        new("/api/v1/events", "application/json", default, default, default);
}
