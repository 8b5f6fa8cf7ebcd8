using Npgsql;

namespace Partner.Auth.Webhooks;

/// <summary>The messages that were sent to an endpoint, and sending them again.</summary>
internal sealed class WebhookDeliveryHistory(NpgsqlDataSource database)
{
    /// <summary>Newest first.</summary>
    /// <param name="before">A position; null starts at the newest.</param>
    /// <param name="state">Null: all.</param>
    public async Task<IReadOnlyList<DeliveryView>> ListAsync(
        Guid webhook,
        long? before,
        string? state,
        int limit,
        CancellationToken cancellationToken
    ) =>
        await database
            .Command(
                """
                SELECT e.id, e.type, e.connection, e.occurred_at, d.*
                FROM webhook_deliveries d JOIN events e ON e.position = d.position
                WHERE d.webhook = $1 AND ($2::bigint IS NULL OR d.position < $2) AND ($3::text IS NULL OR d.state = $3)
                ORDER BY d.position DESC LIMIT $4
                """,
                webhook,
                before,
                state,
                limit
            )
            .ReadAllAsync(
                reader => new DeliveryView(
                    (string)reader["id"],
                    (string)reader["type"],
                    reader.TextOrNull("connection"),
                    (string)reader["state"],
                    (int)reader["attempts"],
                    reader.TimeOrNull("occurred_at")!.Value,
                    reader.TimeOrNull("last_attempt_at"),
                    (string)reader["state"] == "pending" ? reader.TimeOrNull("next_attempt_at") : null,
                    reader["last_status"] as int?,
                    reader.TextOrNull("last_error"),
                    (long)reader["position"]
                ),
                cancellationToken
            );

    public Task<long?> FindEventAsync(string id, CancellationToken cancellationToken) =>
        database.Command("SELECT position FROM events WHERE id = $1", id).ScalarAsync<long?>(cancellationToken);

    /// <summary>
    /// All events from there on that the endpoint wants become due, delivered or not: in their order, for a tenant's
    /// later ones wait for its earlier ones. Receivers know a repeated message by its id.
    /// </summary>
    public Task<int> ReplayAsync(
        Guid webhook,
        long? fromPosition,
        DateTimeOffset? from,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            INSERT INTO webhook_deliveries AS d (webhook, position, tenant, next_attempt_at)
            SELECT w.id, e.position, e.tenant, clock_timestamp()
            FROM webhooks w JOIN events e ON w.types = '{}' OR e.type = ANY (w.types)
            WHERE w.id = $1 AND (e.position >= $2 OR e.occurred_at >= $3)
            ON CONFLICT (webhook, position) DO UPDATE SET
                state = 'pending', attempts = 0, next_attempt_at = excluded.next_attempt_at
            """,
            cancellationToken,
            webhook,
            fromPosition,
            from
        );
}
