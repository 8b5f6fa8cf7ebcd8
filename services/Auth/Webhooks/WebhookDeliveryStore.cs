using Npgsql;

namespace Partner.Auth.Webhooks;

/// <summary>The messages on their way to the endpoints. All times are the database's.</summary>
internal sealed class WebhookDeliveryStore(NpgsqlDataSource database)
{
    /// <summary>Longer than an attempt can take: after it the attempt's process is taken for dead.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>Of each tenant its oldest event alone: a later one waits until that is settled.</summary>
    public async Task<IReadOnlyList<WebhookDelivery>> ClaimAsync(
        Guid webhook,
        int limit,
        CancellationToken cancellationToken
    ) =>
        await database
            .Command(
                """
                UPDATE webhook_deliveries d SET
                    lease_until = clock_timestamp() + $3, attempts = d.attempts + 1, last_attempt_at = clock_timestamp()
                FROM events e
                WHERE e.position = d.position AND d.webhook = $1 AND d.position IN (
                    SELECT head.position FROM webhook_deliveries head
                    WHERE head.webhook = $1 AND head.state = 'pending' AND head.next_attempt_at <= clock_timestamp()
                        AND (head.lease_until IS NULL OR head.lease_until <= clock_timestamp())
                        AND NOT EXISTS (
                            SELECT 1 FROM webhook_deliveries earlier
                            WHERE earlier.webhook = $1 AND earlier.tenant = head.tenant AND earlier.state = 'pending'
                                AND earlier.position < head.position)
                    ORDER BY head.next_attempt_at, head.position LIMIT $2 FOR UPDATE SKIP LOCKED)
                RETURNING d.position, e.id, e.type, e.connection, e.data::text AS data, e.occurred_at, d.attempts
                """,
                webhook,
                limit,
                Lease
            )
            .ReadAllAsync(
                reader => new WebhookDelivery(
                    (long)reader["position"],
                    (string)reader["id"],
                    (string)reader["type"],
                    reader.TextOrNull("connection"),
                    (string)reader["data"],
                    reader.TimeOrNull("occurred_at")!.Value,
                    (int)reader["attempts"]
                ),
                cancellationToken
            );

    public Task DeliveredAsync(
        Guid webhook,
        WebhookDelivery delivery,
        int status,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            WITH works AS (UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL)
            UPDATE webhook_deliveries SET state = 'delivered', last_status = $3, last_error = NULL, lease_until = NULL
            WHERE webhook = $1 AND position = $2
            """,
            cancellationToken,
            webhook,
            delivery.Position,
            status
        );

    /// <returns>For how long the endpoint has had no success.</returns>
    public async Task<TimeSpan> FailedAsync(
        Guid webhook,
        WebhookDelivery delivery,
        WebhookAnswer answer,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.Command(
            """
            WITH failed AS (
                UPDATE webhook_deliveries SET last_status = $3, last_error = $4 WHERE webhook = $1 AND position = $2)
            UPDATE webhooks SET failing_since = coalesce(failing_since, clock_timestamp()) WHERE id = $1
            RETURNING clock_timestamp() - failing_since
            """,
            webhook,
            delivery.Position,
            answer.Status,
            answer.Error
        );
        return await command.ExecuteScalarAsync(cancellationToken) as TimeSpan? ?? TimeSpan.Zero;
    }

    public Task AgainAsync(
        Guid webhook,
        WebhookDelivery delivery,
        TimeSpan after,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            UPDATE webhook_deliveries SET next_attempt_at = clock_timestamp() + $3, lease_until = NULL
            WHERE webhook = $1 AND position = $2
            """,
            cancellationToken,
            webhook,
            delivery.Position,
            after
        );

    public Task GiveUpAsync(Guid webhook, WebhookDelivery delivery, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "UPDATE webhook_deliveries SET state = 'failed', lease_until = NULL WHERE webhook = $1 AND position = $2",
            cancellationToken,
            webhook,
            delivery.Position
        );

    /// <summary>Messages that wait for a later attempt are due at once.</summary>
    public Task HurryAsync(Guid webhook, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            UPDATE webhook_deliveries SET next_attempt_at = clock_timestamp(), attempts = 0
            WHERE webhook = $1 AND state = 'pending' AND next_attempt_at > clock_timestamp()
            """,
            cancellationToken,
            webhook
        );

    /// <summary>Events and their deliveries, after some weeks.</summary>
    public Task RemoveOldAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            DELETE FROM events WHERE position IN (
                SELECT position FROM events WHERE occurred_at < clock_timestamp() - $1 LIMIT 1000)
            """,
            cancellationToken,
            Kept
        );
}
