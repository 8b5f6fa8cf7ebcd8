using Npgsql;
using Partner.Storage;

namespace Partner.Incidents;

/// <summary>An intent without an answer that is ours to look for.</summary>
/// <param name="Path">As it was called; null where the operation says it.</param>
/// <param name="Lease">When it is over; a process that takes the intent after us has another.</param>
internal sealed record OpenIntent(
    ConnectionId Connection,
    string Marker,
    IncidentEndpoint Operation,
    string? Path,
    DateTime Lease
);

/// <summary>
/// The intents that no caller asks for. A look has a lease of its own, so that it neither ties later requests to an old
/// one nor outlives its process. Time is the database's.
/// </summary>
internal sealed class OpenIntentStore(NpgsqlDataSource database)
{
    /// <summary>Takes those that are due, the longest due first, and says when each is due again.</summary>
    public Task<List<OpenIntent>> ClaimAsync(int most, IncidentsOptions options, CancellationToken cancellationToken) =>
        database
            .Command(
                """
                UPDATE intents AS i
                SET look_until = now() + $2, looks = looks + 1, next_look_at = now() + least($5, $6 * power(2, least(looks, 20)))
                FROM (SELECT id FROM intents
                      WHERE state = 'open' AND next_look_at <= now() AND lease_until <= now() AND look_until <= now()
                          AND called_at <= now() - $3 AND called_at > now() - $4
                          AND (operation IN ('create', 'import') OR (operation = 'impact' AND path IS NOT NULL))
                      ORDER BY next_look_at LIMIT $1 FOR UPDATE SKIP LOCKED) AS due
                WHERE i.id = due.id
                RETURNING i.connection, i.marker, i.operation, i.path, i.look_until
                """,
                most,
                options.Lease,
                options.Settle,
                options.Keep,
                options.MaxLookDelay,
                options.LookDelay
            )
            .ReadAllAsync(
                reader => new OpenIntent(
                    ConnectionId.Parse(reader.GetString(0)),
                    reader.GetString(1),
                    IncidentEndpoint.All.Single(o => o.Name == reader.GetString(2)),
                    reader.IsDBNull(3) ? null : reader.GetString(3),
                    reader.GetDateTime(4)
                ),
                cancellationToken
            );

    public Task FoundAsync(OpenIntent look, DatadogAnswer answer) =>
        RunAsync(
            """
            UPDATE intents SET state = 'done', settled_at = now(), status = $3, content_type = $4, answer = $5,
                awaits_caller = true, is_forbidden = false, look_until = now()
            WHERE marker = $1 AND look_until = $2 AND state = 'open'
            """,
            look.Marker,
            look.Lease,
            answer.Status,
            answer.ContentType,
            answer.Body
        );

    public Task AbsentAsync(OpenIntent look) =>
        RunAsync(
            """
            UPDATE intents SET state = 'absent', settled_at = now(), is_forbidden = false, look_until = now()
            WHERE marker = $1 AND look_until = $2 AND state = 'open'
            """,
            look.Marker,
            look.Lease
        );

    /// <summary>It stays open, and is looked for when it is due again.</summary>
    public Task LeaveAsync(OpenIntent look, bool isForbidden) =>
        RunAsync(
            """
            UPDATE intents SET is_forbidden = $3, look_until = now() WHERE marker = $1 AND look_until = $2
            """,
            look.Marker,
            look.Lease,
            isForbidden
        );

    // Even a process that is stopping writes its findings down.
    private Task RunAsync(string sql, params object?[] values) =>
        database.ExecuteAsync(sql, CancellationToken.None, values);
}
