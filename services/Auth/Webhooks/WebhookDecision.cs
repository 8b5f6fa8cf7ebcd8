namespace Partner.Auth.Webhooks;

/// <summary>How an attempt ended.</summary>
/// <param name="Error">Null after an answer, whichever it was; else a slug.</param>
internal sealed record WebhookAnswer(int? Status, string? Error, TimeSpan? RetryAfter = null)
{
    public bool IsDelivered => Status is >= 200 and < 300;
}

/// <summary>The consequence of an attempt.</summary>
internal abstract record WebhookDecision
{
    public sealed record Delivered : WebhookDecision;

    public sealed record Again(TimeSpan After) : WebhookDecision;

    /// <summary>This event is given up, later ones of its tenant go on. It can be replayed.</summary>
    public sealed record GiveUp : WebhookDecision;

    /// <summary>Nothing more is sent there until it is enabled again; waiting messages go on waiting.</summary>
    public sealed record Disable(string Reason, TimeSpan After) : WebhookDecision;

    public const string Gone = "gone";
    public const string Failing = "failing";

    /// <summary>Without one success.</summary>
    public static readonly TimeSpan LongestFailing = TimeSpan.FromDays(5);

    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(24);

    // The schedule that Standard Webhooks proposes: three days.
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(5),
        TimeSpan.FromHours(10),
        TimeSpan.FromHours(14),
        TimeSpan.FromHours(20),
        TimeSpan.FromHours(24),
    ];

    /// <param name="attempts">With this one.</param>
    /// <param name="failingFor">Since the endpoint's last success.</param>
    /// <param name="jitter">From 0 to 1.</param>
    public static WebhookDecision Decide(WebhookAnswer answer, int attempts, TimeSpan failingFor, double jitter)
    {
        if (answer.IsDelivered)
        {
            return new Delivered();
        }

        var own = Pauses[Math.Clamp(attempts - 1, 0, Pauses.Length - 1)] * (0.8 + (0.4 * jitter));
        var asked = answer.RetryAfter > LongestAsked ? LongestAsked : answer.RetryAfter;
        var after = asked > own ? asked.Value : own;
        return answer.Status == 410 ? new Disable(Gone, after)
            : failingFor > LongestFailing ? new Disable(Failing, after)
            : attempts > Pauses.Length ? new GiveUp()
            : new Again(after);
    }
}
