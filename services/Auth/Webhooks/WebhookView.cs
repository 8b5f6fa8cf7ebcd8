using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Partner.Auth.Webhooks;

/// <param name="Url">HTTPS, to an address of the public internet or of a network that the operator lists.</param>
/// <param name="Types">Which events; all if left out.</param>
public sealed record CreateWebhook(
    [property: Required, StringLength(2000, MinimumLength = 1)] string Url,
    [property: MaxLength(20)] IReadOnlyList<string>? Types
);

/// <param name="Secret">Shown this once: <c>whsec_</c> and base64, as Standard Webhooks has it.</param>
public sealed record CreatedWebhook(
    Guid Id,
    string Url,
    IReadOnlyList<string> Types,
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Secret
);

/// <param name="OldSecretUntil">Until then messages carry a signature by the old secret too.</param>
public sealed record RotatedWebhookSecret(
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Secret,
    [property: JsonPropertyName("old_secret_until")] DateTimeOffset OldSecretUntil
);

/// <summary>An endpoint as the partner API shows it.</summary>
/// <param name="Types">Empty: all.</param>
/// <param name="FailingSince">First failure since the last success.</param>
/// <param name="DisabledReason"><c>gone</c> (it answered 410) or <c>failing</c> (five days without a success).</param>
public sealed record WebhookView(
    Guid Id,
    string Url,
    IReadOnlyList<string> Types,
    bool Enabled,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("failing_since")] DateTimeOffset? FailingSince,
    [property: JsonPropertyName("disabled_at")] DateTimeOffset? DisabledAt,
    [property: JsonPropertyName("disabled_reason")] string? DisabledReason
)
{
    internal static WebhookView Of(Webhook w) =>
        new(
            w.Id,
            w.Url.AbsoluteUri,
            w.Types,
            w.DisabledAt is null,
            w.CreatedAt,
            w.FailingSince,
            w.DisabledAt,
            w.DisabledReason
        );
}

public sealed record WebhookList(IReadOnlyList<WebhookView> Webhooks);

/// <summary>What became of a test message.</summary>
/// <param name="Error">A slug where there was no answer.</param>
public sealed record WebhookTestResult(bool Delivered, int? Status, string? Error);

/// <summary>From where to send again: one of the two.</summary>
/// <param name="FromEvent">This one and all that came after it.</param>
/// <param name="From">All since then.</param>
public sealed record ReplayWebhook(
    [property: JsonPropertyName("from_event"), StringLength(64)] string? FromEvent,
    DateTimeOffset? From
);

/// <param name="Events">How many will be sent again, in the order in which they happened.</param>
public sealed record ReplayedWebhook(int Events);

/// <summary>An event and how far it has come, newest first in a list.</summary>
/// <param name="Connection">Null for an event of a connect session that led to none.</param>
/// <param name="State"><c>pending</c>, <c>delivered</c> or <c>failed</c> (given up; can be replayed).</param>
public sealed record DeliveryView(
    string Event,
    string Type,
    string? Connection,
    string State,
    int Attempts,
    [property: JsonPropertyName("occurred_at")] DateTimeOffset OccurredAt,
    [property: JsonPropertyName("last_attempt_at")] DateTimeOffset? LastAttemptAt,
    [property: JsonPropertyName("next_attempt_at")] DateTimeOffset? NextAttemptAt,
    [property: JsonPropertyName("last_status")] int? LastStatus,
    [property: JsonPropertyName("last_error")] string? LastError,
    [property: JsonIgnore] long Position
);

/// <param name="Next">For <c>?after=</c>; null at the end.</param>
public sealed record DeliveryList(IReadOnlyList<DeliveryView> Deliveries, string? Next);
