using Npgsql;

namespace Partner.Sending.Delivery;

/// <summary>
/// What the sender knows of each connection's key. It is the same for all instances and outlives them: a key that died
/// while its sender restarted is suspect from the last good validation on.
/// </summary>
internal sealed class KeyCheckStore(NpgsqlDataSource database)
{
    /// <summary>The key was valid; data sent up to now arrived, but for an interval that is suspect already.</summary>
    public Task ValidAsync(ConnectionId connection, DateTimeOffset at, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            WITH now AS (SELECT coalesce(sum(delivered), 0)::bigint AS delivered FROM settled WHERE connection = $1)
            INSERT INTO key_checks AS k (connection, valid_at, delivered) SELECT $1, $2, delivered FROM now
            ON CONFLICT (connection) DO UPDATE
            SET valid_at = excluded.valid_at, delivered = excluded.delivered,
                suspect_items = CASE WHEN k.suspect_to IS NOT NULL
                    THEN coalesce(k.suspect_items, excluded.delivered - k.delivered) END
            """,
            cancellationToken,
            connection.Text,
            at.UtcDateTime
        );

    /// <param name="since">Where the key was never validated: since when it was used.</param>
    /// <returns>From when on sent data is suspect.</returns>
    public async Task<DateTimeOffset> DeadAsync(
        ConnectionId connection,
        DateTimeOffset since,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.Command(
            """
            INSERT INTO key_checks AS k (connection, suspect_from, suspect_to) VALUES ($1, $2, $3)
            ON CONFLICT (connection) DO UPDATE
            SET suspect_from = CASE WHEN k.suspect_to IS NOT NULL AND k.suspect_items IS NULL
                    THEN k.suspect_from ELSE coalesce(k.valid_at, excluded.suspect_from) END,
                suspect_to = excluded.suspect_to, suspect_items = NULL
            RETURNING suspect_from
            """,
            connection.Text,
            since.UtcDateTime,
            now.UtcDateTime
        );
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
    }
}
