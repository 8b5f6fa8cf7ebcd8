using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Partner.Sending.DeadLetters;

/// <summary>A request for a replay: by which actor, and with which Idempotency-Key.</summary>
internal sealed record ReplayRequest(ConnectionId Connection, StartReplay Letters, string By, string? Key)
{
    public byte[]? KeyHash => Key is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(Key));

    public byte[] Hash => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(Letters));

    public DeadLetterFilter Filter =>
        new(Connection)
        {
            Ids = Letters.Ids is null ? null : [.. Letters.Ids],
            Reason = Letters.Reason,
            From = Letters.From,
            To = Letters.To,
            Replayed = false,
        };
}

/// <summary>Jobs of sending dead letters again, as people ask for them and about them.</summary>
internal sealed class ReplayStore(NpgsqlDataSource database)
{
    private const string Columns =
        "id, state, total, replayed, refused_expired, refused_future, reason, from_at, to_at, created_by, created_at, updated_at";

    /// <returns>The new replay; null: there is one of this key.</returns>
    public async Task<ReplayView?> CreateAsync(ReplayRequest request, CancellationToken cancellationToken)
    {
        var letters = request.Letters;
        await using var command = database.Command(
            "",
            request.Connection.Text,
            request.By,
            request.Hash,
            Sql.Nullable(letters.Ids?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint),
            Sql.Nullable(letters.Reason, NpgsqlDbType.Text),
            Sql.Nullable(letters.From?.UtcDateTime, NpgsqlDbType.TimestampTz),
            Sql.Nullable(letters.To?.UtcDateTime, NpgsqlDbType.TimestampTz),
            Sql.Nullable(request.KeyHash, NpgsqlDbType.Bytea)
        );
        command.CommandText = $"""
            INSERT INTO replays (connection, created_by, request_hash, ids, reason, from_at, to_at, key_hash, until_id, total, state)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, coalesce(max(id), 0), count(*), CASE count(*) WHEN 0 THEN 'done' ELSE 'running' END
            FROM dead_letters WHERE {request.Filter.Where(command)}
            ON CONFLICT (connection, created_by, key_hash) WHERE key_hash IS NOT NULL DO NOTHING
            RETURNING {Columns}
            """;
        return await command.ReadFirstAsync(Read, cancellationToken);
    }

    /// <returns>What an earlier request with this key made, and whether it asked for the same.</returns>
    public async Task<(ReplayView Replay, bool Same)?> FindByKeyAsync(
        ReplayRequest request,
        CancellationToken cancellationToken
    )
    {
        return
            await database
                .Command(
                    $"SELECT {Columns}, request_hash = $4 FROM replays WHERE connection = $1 AND created_by = $2 AND key_hash = $3",
                    request.Connection.Text,
                    request.By,
                    request.KeyHash,
                    request.Hash
                )
                .ReadAllAsync(reader => (Read(reader), reader.GetBoolean(12)), cancellationToken)
                is [var found]
            ? found
            : null;
    }

    public Task<ReplayView?> FindAsync(ConnectionId connection, long id, CancellationToken cancellationToken) =>
        database
            .Command($"SELECT {Columns} FROM replays WHERE connection = $1 AND id = $2", connection.Text, id)
            .ReadFirstAsync(Read, cancellationToken);

    public Task<List<ReplayView>> ListAsync(
        ConnectionId connection,
        long after,
        int most,
        CancellationToken cancellationToken
    ) =>
        database
            .Command(
                $"SELECT {Columns} FROM replays WHERE connection = $1 AND id > $2 ORDER BY id LIMIT $3",
                connection.Text,
                after,
                most
            )
            .ReadAllAsync(Read, cancellationToken);

    /// <returns>The replay; null: there is none, or it is over.</returns>
    public Task<ReplayView?> ChangeAsync(
        ConnectionId connection,
        long id,
        string state,
        CancellationToken cancellationToken
    ) =>
        database
            .Command(
                $"""
                UPDATE replays SET state = $3, updated_at = now()
                WHERE connection = $1 AND id = $2 AND (state IN ('running', 'paused') OR state = $3)
                RETURNING {Columns}
                """,
                connection.Text,
                id,
                state
            )
            .ReadFirstAsync(Read, cancellationToken);

    public Task<long> CountOpenAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        database
            .Command(
                "SELECT count(*) FROM replays WHERE connection = $1 AND state IN ('running', 'paused')",
                connection.Text
            )
            .ScalarAsync<long>(cancellationToken);

    /// <summary>Those to work on; another instance may be at some of them.</summary>
    public async Task<List<(long Id, ConnectionId Connection)>> ReadRunningAsync(
        int most,
        CancellationToken cancellationToken
    )
    {
        return await database
            .Command("SELECT id, connection FROM replays WHERE state = 'running' ORDER BY updated_at LIMIT $1", most)
            .ReadAllAsync(reader => (reader.GetInt64(0), ConnectionId.Parse(reader.GetString(1))), cancellationToken);
    }

    public Task RemoveOldAsync(TimeSpan keep, int most, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            DELETE FROM replays WHERE id IN (
                SELECT id FROM replays WHERE state IN ('done', 'canceled') AND updated_at < now() - $1 ORDER BY id LIMIT $2)
            """,
            cancellationToken,
            keep,
            most
        );

    private static ReplayView Read(NpgsqlDataReader reader) =>
        new(
            reader.GetInt64(0),
            reader.GetString(1),
            reader.GetInt64(2),
            reader.GetInt64(3),
            reader.GetInt64(4),
            reader.GetInt64(5),
            reader.IsDBNull(6) ? null : reader.GetString(6),
            reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
            reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8),
            reader.GetString(9),
            reader.GetFieldValue<DateTimeOffset>(10),
            reader.GetFieldValue<DateTimeOffset>(11)
        );
}
