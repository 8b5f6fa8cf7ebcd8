using System.Diagnostics.Metrics;

namespace Partner.Auth;

/// <summary>What an operator has to hear of; tags are few: no connection, no site, no endpoint.</summary>
internal sealed class AuthMetrics
{
    public const string MeterName = $"{Telemetry.Prefix}Auth";

    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _webhooks;

    public AuthMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _refreshes = meter.CreateCounter<long>(
            "partner.auth.refreshes",
            "{attempt}",
            "Attempts to refresh a grant, by what came of them."
        );
        _webhooks = meter.CreateCounter<long>(
            "partner.auth.webhook_attempts",
            "{attempt}",
            "Attempts to bring an event to an endpoint, by what came of them."
        );
    }

    /// <param name="outcome">
    /// <c>refreshed</c>, <c>grant_ended</c> (the customer has to connect again), or a problem of
    /// <see cref="Tokens.RefreshProblems"/>, and it is tried again.
    /// </param>
    public void Refreshed(string outcome) => _refreshes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="outcome"><c>delivered</c>, <c>failed</c> (and again later), <c>given_up</c>, <c>disabled</c>.</param>
    public void WebhookAttempted(string outcome) =>
        _webhooks.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
