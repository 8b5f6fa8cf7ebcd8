using Npgsql;

namespace Partner.Sending.DeadLetters;

/// <summary>Measures what dead letters take, and removes the oldest. By one instance at a time.</summary>
internal sealed class TrimStore(NpgsqlDataSource database)
{
    // Of a deletion, which has to visit all parts of a large item.
    private const long MaxBytes = 64_000_000;
    private const int MeasureSeconds = 600;

    /// <summary>
    /// A session beside which no other instance removes letters until it is given back or ends: two that have measured
    /// the same would remove twice the excess.
    /// </summary>
    /// <returns>Null: it is another instance's turn.</returns>
    public async Task<NpgsqlConnection?> TakeTurnAsync(CancellationToken cancellationToken)
    {
        var session = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            // Senders of all types share a database, each in a schema of its own.
            await using var command = session.Command(
                "SELECT pg_try_advisory_lock(hashtextextended('dead letters of ' || current_schema(), 0))"
            );
            if ((bool)(await command.ExecuteScalarAsync(cancellationToken))!)
            {
                return session;
            }
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }

        await session.DisposeAsync();
        return null;
    }

    public static async Task GiveTurnAsync(NpgsqlConnection session)
    {
        await using (session)
        {
            try
            {
                await session.ExecuteAsync("SELECT pg_advisory_unlock_all()", CancellationToken.None);
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
            {
                // It has ended.
            }
        }
    }

    /// <summary>Of each connection. Reads the rows, but nothing of items that are stored apart from them.</summary>
    public static async Task<List<Held>> MeasureAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        await using var command = session.Command(
            $"""
            SELECT connection, sum({DeadLetterStore.Size})::bigint, coalesce(sum({DeadLetterStore.Size}) FILTER (WHERE replayed_at IS NOT NULL), 0)::bigint
            FROM dead_letters GROUP BY connection
            """
        );
        command.CommandTimeout = MeasureSeconds;
        return await command.ReadAllAsync(
            reader => new Held(ConnectionId.Parse(reader.GetString(0)), reader.GetInt64(1), reader.GetInt64(2)),
            cancellationToken
        );
    }

    /// <summary>
    /// Some of the oldest after an id, and no more than are to go. A letter that is locked, by a replay about to move
    /// it or a person who discards it, is passed over.
    /// </summary>
    public static async Task<Trimmed> RemoveAsync(
        NpgsqlConnection session,
        Removal removal,
        long after,
        int most,
        CancellationToken cancellationToken
    )
    {
        // Said as a range, for which nothing but the index on both serves. For a connection that holds most of all
        // letters Postgres would go through those of every connection, in the order of their ids.
        await using var command = session.Command(
            DeadLetterStore.Remove(
                $"""
                SELECT id FROM (
                    SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM (
                        SELECT id, {DeadLetterStore.Size} AS size FROM dead_letters
                        WHERE (connection, id) > ($1, $2) AND connection <= $1{(
                    removal.OnlyReplayed ? " AND replayed_at IS NOT NULL" : ""
                )}
                        ORDER BY connection, id LIMIT $3 FOR UPDATE SKIP LOCKED) AS oldest) AS summed
                WHERE before < $4
                """,
                "trimmed"
            ),
            removal.Connection.Text,
            after,
            most,
            Math.Min(removal.Bytes, MaxBytes)
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Trimmed(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}

/// <param name="LastId">The highest of them.</param>
internal sealed record Trimmed(long Letters, long Bytes, long LastId);
