using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Partner.Auth.Webhooks;

/// <summary>Brings events to the endpoints. Each endpoint is drained by itself: one that hangs holds up no other.</summary>
internal sealed partial class WebhookDispatcher(
    WebhookStore webhooks,
    WebhookDeliveryStore deliveries,
    WebhookSecrets secrets,
    WebhookClient client,
    Auditor auditor,
    AuthMetrics metrics,
    TimeProvider time,
    Func<double> jitter,
    ILogger<WebhookDispatcher> logger
) : BackgroundService
{
    /// <summary>Tenants of one endpoint.</summary>
    private const int AtOnce = 16;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenUpkeep = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Guid, bool> _draining = [];

    /// <summary>Everything that is due; how many attempts that took.</summary>
    internal async Task<int> RunOneIterationAsync(CancellationToken cancellationToken)
    {
        var due = await webhooks.ListEnabledWithWorkAsync(cancellationToken);
        return (await Task.WhenAll(due.Select(webhook => DrainAsync(webhook, cancellationToken)))).Sum();
    }

    /// <summary>The work that is not urgent: old events go, secrets move to the sealing key in force.</summary>
    internal async Task KeepUpAsync(CancellationToken cancellationToken)
    {
        await secrets.ResealAsync(cancellationToken);
        await deliveries.RemoveOldAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long? kept = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var webhook in await webhooks.ListEnabledWithWorkAsync(stoppingToken))
                {
                    _ = DrainAloneAsync(webhook, stoppingToken);
                }

                if (kept is null || time.GetElapsedTime(kept.Value) > BetweenUpkeep)
                {
                    kept = time.GetTimestamp();
                    await KeepUpAsync(stoppingToken);
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception.GetType().Name);
            }

            await Task.Delay(Pause * (0.5 + jitter()), time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task DrainAloneAsync(Webhook webhook, CancellationToken cancellationToken)
    {
        if (!_draining.TryAdd(webhook.Id, true))
        {
            return;
        }

        try
        {
            await DrainAsync(webhook, cancellationToken);
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception.GetType().Name);
        }
        finally
        {
            _draining.TryRemove(webhook.Id, out _);
        }
    }

    private async Task<int> DrainAsync(Webhook webhook, CancellationToken cancellationToken)
    {
        var attempts = 0;
        var signing = await secrets.OpenAsync(webhook, cancellationToken);
        while (await deliveries.ClaimAsync(webhook.Id, AtOnce, cancellationToken) is { Count: > 0 } claimed)
        {
            attempts += claimed.Count;
            var settled = await Task.WhenAll(claimed.Select(d => AttemptAsync(webhook, d, signing, cancellationToken)));
            if (settled.Contains(false))
            {
                break;
            }
        }

        return attempts;
    }

    /// <returns>False: nothing more is sent there.</returns>
    private async Task<bool> AttemptAsync(
        Webhook webhook,
        WebhookDelivery delivery,
        IReadOnlyList<Secret> signing,
        CancellationToken cancellationToken
    )
    {
        var answer = await client.SendAsync(
            webhook.Url,
            delivery.Event,
            delivery.Type,
            delivery.OccurredAt,
            JsonNode.Parse(delivery.Data)!,
            signing,
            cancellationToken
        );
        var failingFor = answer.IsDelivered
            ? TimeSpan.Zero
            : await deliveries.FailedAsync(webhook.Id, delivery, answer, cancellationToken);
        switch (WebhookDecision.Decide(answer, delivery.Attempts, failingFor, jitter()))
        {
            case WebhookDecision.Delivered:
                metrics.WebhookAttempted("delivered");
                await deliveries.DeliveredAsync(webhook.Id, delivery, answer.Status!.Value, cancellationToken);
                return true;
            case WebhookDecision.Again again:
                metrics.WebhookAttempted("failed");
                Log.Again(logger, webhook.Id, delivery.Event, answer.Status, answer.Error, again.After);
                await deliveries.AgainAsync(webhook.Id, delivery, again.After, cancellationToken);
                return true;
            case WebhookDecision.GiveUp:
                metrics.WebhookAttempted("given_up");
                Log.GaveUp(logger, webhook.Id, delivery.Event, delivery.Attempts);
                await deliveries.GiveUpAsync(webhook.Id, delivery, cancellationToken);
                return true;
            case WebhookDecision.Disable disable:
                metrics.WebhookAttempted("disabled");
                await deliveries.AgainAsync(webhook.Id, delivery, disable.After, cancellationToken);
                await DisableAsync(webhook, delivery, disable.Reason, cancellationToken);
                return false;
            default:
                throw new InvalidOperationException("Unknown decision.");
        }
    }

    private async Task DisableAsync(
        Webhook webhook,
        WebhookDelivery delivery,
        string reason,
        CancellationToken cancellationToken
    )
    {
        if (await webhooks.DisableAsync(webhook.Id, reason, cancellationToken))
        {
            Log.Disabled(logger, webhook.Id, reason);
            await auditor.WriteForPartnerAsync(
                "webhook.disabled",
                Auditor.Self,
                ("webhook", webhook.Id.ToString()),
                ("reason", reason),
                ("event", delivery.Event)
            );
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A round of webhooks failed: {Exception}")]
        public static partial void Failed(ILogger logger, string exception);

        [LoggerMessage(LogLevel.Debug, "{Event} goes to webhook {Webhook} again in {Pause}: {Status} {Error}")]
        public static partial void Again(
            ILogger logger,
            Guid webhook,
            string @event,
            int? status,
            string? error,
            TimeSpan pause
        );

        [LoggerMessage(
            LogLevel.Warning,
            "{Event} is given up for webhook {Webhook} after {Attempts} attempts; it can be replayed"
        )]
        public static partial void GaveUp(ILogger logger, Guid webhook, string @event, int attempts);

        [LoggerMessage(
            LogLevel.Error,
            "Webhook {Webhook} is disabled: {Reason}. Its events wait; enable it by POST /partner/v1/webhooks/{Webhook}/enable."
        )]
        public static partial void Disabled(ILogger logger, Guid webhook, string reason);
    }
}
