using Npgsql;

namespace Partner.Bench.Machine;

/// <summary>What a sender's data costs its Postgres.</summary>
/// <param name="connectionString">With the sender's schema as search path; a service's own role has it.</param>
internal sealed class SenderDatabase(string connectionString) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(connectionString);

    /// <summary>As Postgres's administrator, who may make the temporary table of <see cref="WaitingAsync"/>.</summary>
    /// <param name="ofRole">The connection string of the sender's role.</param>
    public static SenderDatabase ForAdministrator(string ofRole, string password)
    {
        var role = new NpgsqlConnectionStringBuilder(ofRole);
        return new SenderDatabase(
            new NpgsqlConnectionStringBuilder(ofRole)
            {
                Username = "postgres",
                Password = password,
                SearchPath = role.Username,
            }.ConnectionString
        );
    }

    /// <summary>
    /// Bytes of write-ahead log that the whole server has written so far, so a difference of two is that of all schemas
    /// and of what Postgres does by itself (checkpoints' full pages, autovacuum).
    /// https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-BACKUP
    /// </summary>
    public async Task<long> WalAsync()
    {
        await using var command = _database.CreateCommand("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What waits in the outbox, and how large its table is now.</summary>
    public async Task<WaitingData> WaitingAsync()
    {
        await using var session = await _database.OpenConnectionAsync();
        await using var look = await session.BeginTransactionAsync();
        // The table itself has holes that delivered rows have left, until autovacuum lets new ones into them.
        await using var command = new NpgsqlCommand(
            """
            CREATE TEMP TABLE compact (LIKE segments INCLUDING STORAGE INCLUDING INDEXES) ON COMMIT DROP;
            INSERT INTO compact SELECT * FROM segments;
            SELECT count(*), coalesce(sum(items), 0)::bigint, coalesce(sum(raw_bytes), 0)::bigint,
                coalesce(sum(length(body)), 0)::bigint, pg_indexes_size('compact'), pg_total_relation_size('compact'),
                pg_total_relation_size('segments')
            FROM compact
            """,
            session
        );
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new WaitingData(
            reader.GetInt64(0),
            reader.GetInt64(1),
            reader.GetInt64(2),
            reader.GetInt64(3),
            reader.GetInt64(4),
            reader.GetInt64(5),
            reader.GetInt64(6)
        );
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}

/// <summary>Undelivered data and the disk that it takes.</summary>
/// <param name="RawBytes">Of the items as they were sent, before they were compressed.</param>
/// <param name="BodyBytes">Of the segments' bodies, compressed.</param>
/// <param name="IndexBytes">Of a table without holes, as the next.</param>
/// <param name="CompactBytes">Rows, the bodies beside them (TOAST) and indexes.</param>
/// <param name="FileBytes">Of the table as it is, with the holes that delivered rows have left in it.</param>
internal sealed record WaitingData(
    long Segments,
    long Items,
    long RawBytes,
    long BodyBytes,
    long IndexBytes,
    long CompactBytes,
    long FileBytes
)
{
    /// <summary>Disk for each byte that waits; null: nothing waits.</summary>
    public double? DiskPerRawByte => RawBytes == 0 ? null : Math.Round((double)CompactBytes / RawBytes, 3);
}
