using System.Text;
using Npgsql;

namespace Partner.Sending.DeadLetters;

/// <summary>Dead letters: looked at, counted, removed. Sending them again is <see cref="ReplayMove"/>'s.</summary>
internal sealed class DeadLetterStore(NpgsqlDataSource database)
{
    /// <summary>
    /// The bytes that a letter takes: its item and Datadog's words, and the cost of a row beside them, so that many
    /// small ones are not free. None of it has to be read for that.
    /// </summary>
    public const string Size = "(octet_length(item) + octet_length(detail) + 200)";

    private const int MaxText = 10_000;

    public async Task<List<DeadLetterView>> ReadAsync(
        DeadLetterFilter filter,
        long after,
        int most,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand();
        var where = filter.Where(command);
        command.CommandText = $"""
            SELECT id, at, reason, detail, substring(item FOR {MaxText}), replayed_at, item_at, octet_length(item) FROM dead_letters
            WHERE {where} AND id > {DeadLetterFilter.Add(command, after)} ORDER BY id LIMIT {DeadLetterFilter.Add(
                command,
                most
            )}
            """;
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <summary>One, with the whole item.</summary>
    public Task<DeadLetterView?> FindAsync(ConnectionId connection, long id, CancellationToken cancellationToken) =>
        database
            .Command(
                """
                SELECT id, at, reason, detail, item, replayed_at, item_at, octet_length(item) FROM dead_letters
                WHERE connection = $1 AND id = $2
                """,
                connection.Text,
                id
            )
            .ReadFirstAsync(Read, cancellationToken);

    public async Task<DeadLetterReasons> CountAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand();
        var where = filter.Where(command);
        command.CommandText = $"""
            SELECT reason, count(*) FILTER (WHERE replayed_at IS NULL), count(*) FILTER (WHERE replayed_at IS NOT NULL), min(at), max(at)
            FROM dead_letters WHERE {where} GROUP BY reason ORDER BY reason
            """;
        var reasons = await command.ReadAllAsync(
            reader => new DeadLetterReasonCount(
                reader.GetString(0),
                reader.GetInt64(1),
                reader.GetInt64(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetFieldValue<DateTimeOffset>(4)
            ),
            cancellationToken
        );
        var (discarded, agedOut, trimmed) = await ReadEndsAsync(filter.Connection, cancellationToken);
        return new DeadLetterReasons(reasons, discarded, agedOut, trimmed);
    }

    /// <summary>Removes some of those that are meant; it is over when it removes none.</summary>
    /// <returns>How many are gone, replayed ones among them.</returns>
    public async Task<int> DiscardAsync(DeadLetterFilter filter, int most, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand();
        var where = filter.Where(command);
        command.CommandText = Remove(
            $"SELECT id FROM dead_letters WHERE {where} ORDER BY id LIMIT {DeadLetterFilter.Add(command, most)} FOR UPDATE",
            "discarded"
        );
        return (int)await command.ScalarAsync<long>(cancellationToken);
    }

    /// <summary>
    /// Removes some of the oldest, where they are older. Ids follow the time closely enough, so no index on it is
    /// needed: a look at the lowest ones finds all or nothing.
    /// </summary>
    /// <returns>How many are gone.</returns>
    public async Task<int> AgeOutAsync(TimeSpan keep, int most, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand();
        command.CommandText = Remove(
            $"""
            SELECT id FROM dead_letters
            WHERE id IN (SELECT id FROM dead_letters ORDER BY id LIMIT {DeadLetterFilter.Add(command, most)})
                AND at < now() - {DeadLetterFilter.Add(command, keep)}
            ORDER BY id FOR UPDATE SKIP LOCKED
            """,
            "aged_out"
        );
        return (int)await command.ScalarAsync<long>(cancellationToken);
    }

    /// <summary>
    /// Removes letters and answers with their number, their size and the highest id. Those that were sent again are
    /// accounted for already.
    /// </summary>
    internal static string Remove(string which, string column) =>
        $"""
            WITH chosen AS ({which}),
            gone AS (
                DELETE FROM dead_letters d USING chosen c WHERE d.id = c.id RETURNING d.id, d.connection, d.replayed_at, {Size} AS size),
            counted AS (
                INSERT INTO letter_ends AS e (connection, {column})
                SELECT connection, count(*) FROM gone
                WHERE replayed_at IS NULL GROUP BY connection ORDER BY connection
                ON CONFLICT (connection) DO UPDATE SET {column} = e.{column} + excluded.{column})
            SELECT count(*), coalesce(sum(size), 0)::bigint, coalesce(max(id), 0) FROM gone
            """;

    private async Task<(long Discarded, long AgedOut, long Trimmed)> ReadEndsAsync(
        ConnectionId connection,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.Command(
            "SELECT discarded, aged_out, trimmed FROM letter_ends WHERE connection = $1",
            connection.Text
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2))
            : (0, 0, 0);
    }

    private static DeadLetterView Read(NpgsqlDataReader reader) =>
        new(
            reader.GetInt64(0),
            reader.GetFieldValue<DateTimeOffset>(1),
            reader.GetString(2),
            reader.GetString(3),
            Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(4)),
            reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5)
        )
        {
            ItemAt = reader.GetInt64(6) is var at and not 0 ? ItemTime.DateOf(at) : null,
            Bytes = reader.GetInt32(7),
        };
}
