using Npgsql;

namespace Partner.Auth.Webhooks;

/// <summary>A row of webhooks; secrets are sealed.</summary>
internal sealed record Webhook(
    Guid Id,
    Uri Url,
    IReadOnlyList<string> Types,
    byte[] Secret,
    byte[]? OldSecret,
    DateTimeOffset? OldSecretUntil,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FailingSince,
    DateTimeOffset? DisabledAt,
    string? DisabledReason
)
{
    public static Webhook Read(NpgsqlDataReader row) =>
        new(
            (Guid)row["id"],
            new Uri((string)row["url"]),
            (string[])row["types"],
            (byte[])row["secret"],
            row["old_secret"] as byte[],
            row.TimeOrNull("old_secret_until"),
            row.TimeOrNull("created_at")!.Value,
            row.TimeOrNull("failing_since"),
            row.TimeOrNull("disabled_at"),
            row.TextOrNull("disabled_reason")
        );
}

/// <summary>An event on its way to one endpoint, as it was claimed.</summary>
/// <param name="Connection">Null: it is of a connect session that led to none.</param>
/// <param name="Attempts">With the one that it was claimed for.</param>
internal sealed record WebhookDelivery(
    long Position,
    string Event,
    string Type,
    string? Connection,
    string Data,
    DateTimeOffset OccurredAt,
    int Attempts
);
