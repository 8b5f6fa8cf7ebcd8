using Npgsql;

namespace Partner.Sending.Outbox;

/// <summary>
/// Instances, their leases, and the segments that ended ones left behind. One that ended by itself has no row any more;
/// one whose lease ran out, as a killed process's does, keeps its row, with a lease until -infinity, until all that it
/// left is claimed: so the instance that claims it knows that some of it may have been delivered.
/// </summary>
internal sealed class InstanceStore(NpgsqlDataSource database)
{
    public Task<long> RegisterAsync(string name, TimeSpan lease, CancellationToken cancellationToken) =>
        database
            .Command("INSERT INTO instances (name, lease_until) VALUES ($1, now() + $2) RETURNING epoch", name, lease)
            .ScalarAsync<long>(cancellationToken);

    /// <returns>False: the lease ran out and another instance has taken over.</returns>
    public async Task<bool> RenewAsync(long epoch, TimeSpan lease, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            "UPDATE instances SET lease_until = now() + $2 WHERE epoch = $1 AND lease_until > '-infinity'",
            cancellationToken,
            epoch,
            lease
        ) == 1;

    public Task ReleaseAsync(long epoch, CancellationToken cancellationToken) =>
        database.ExecuteAsync("DELETE FROM instances WHERE epoch = $1", cancellationToken, epoch);

    public Task<List<long>> ReadExpiredAsync(CancellationToken cancellationToken) =>
        database
            .Command("SELECT epoch FROM instances WHERE lease_until < now() AND lease_until > '-infinity'")
            .ReadAllAsync(reader => reader.GetInt64(0), cancellationToken);

    /// <summary>Ends an instance whose lease is still over; its counters are folded into epoch 0.</summary>
    /// <returns>False: it has renewed it, or another instance has ended it.</returns>
    public async Task<bool> EndAsync(long epoch, CancellationToken cancellationToken) =>
        await database
            .Command(
                """
                WITH ended AS (
                    UPDATE instances SET lease_until = '-infinity'
                    WHERE epoch = $1 AND lease_until < now() AND lease_until > '-infinity' RETURNING epoch)
                SELECT count(*) FROM ended
                """,
                epoch
            )
            .ScalarAsync<long>(cancellationToken) == 1;

    /// <summary>Epochs that have segments and no instance. A loose index scan: one probe per epoch, not per segment.</summary>
    public Task<List<long>> ReadOrphanedAsync(CancellationToken cancellationToken) =>
        database
            .Command(
                """
                WITH RECURSIVE epochs AS (
                    (SELECT epoch FROM segments ORDER BY epoch LIMIT 1)
                    UNION ALL
                    SELECT (SELECT s.epoch FROM segments s WHERE s.epoch > e.epoch ORDER BY s.epoch LIMIT 1)
                    FROM epochs e WHERE e.epoch IS NOT NULL)
                SELECT e.epoch FROM epochs e
                WHERE e.epoch IS NOT NULL
                    AND NOT EXISTS (SELECT FROM instances i WHERE i.epoch = e.epoch AND i.lease_until > '-infinity')
                """
            )
            .ReadAllAsync(reader => reader.GetInt64(0), cancellationToken);

    /// <summary>Takes the oldest segments of an ended epoch; another survivor skips those being taken.</summary>
    /// <returns>
    /// The smallest id taken per connection, how many were taken, and the items that a killed process may have delivered.
    /// </returns>
    public async Task<(Dictionary<string, long> Lanes, int Count, int MayHaveArrived)> ClaimAsync(
        long dead,
        long own,
        int most,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.Command(
            """
            WITH taken AS (
                SELECT id FROM segments WHERE epoch = $1 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED),
            killed AS (SELECT EXISTS (SELECT FROM instances WHERE epoch = $1) AS so)
            UPDATE segments SET epoch = $2 FROM taken, killed WHERE segments.id = taken.id
            RETURNING segments.connection, segments.id, CASE WHEN killed.so THEN segments.items ELSE 0 END
            """,
            dead,
            own,
            most
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lanes = new Dictionary<string, long>();
        var (count, mayHaveArrived) = (0, 0);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (connection, id) = (reader.GetString(0), reader.GetInt64(1));
            lanes[connection] = Math.Min(id, lanes.GetValueOrDefault(connection, long.MaxValue));
            (count, mayHaveArrived) = (count + 1, mayHaveArrived + reader.GetInt32(2));
        }

        return (lanes, count, mayHaveArrived);
    }

    /// <summary>The oldest rows of our own epoch, for finding those that no lane knows of.</summary>
    public async Task<List<(string Connection, long Id)>> ReadOwnAsync(
        long epoch,
        int most,
        CancellationToken cancellationToken
    )
    {
        return await database
            .Command(
                """
                SELECT connection, id FROM segments WHERE epoch = $1 AND quarantined_at IS NULL ORDER BY id LIMIT $2
                """,
                epoch,
                most
            )
            .ReadAllAsync(reader => (reader.GetString(0), reader.GetInt64(1)), cancellationToken);
    }

    /// <summary>Forgets ended instances of which nothing is left.</summary>
    public Task ForgetAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            DELETE FROM instances i
            WHERE i.lease_until = '-infinity' AND NOT EXISTS (SELECT FROM segments s WHERE s.epoch = i.epoch)
            """,
            cancellationToken
        );

    /// <summary>Adds ended instances' counters to epoch 0, so that their number stays that of the connections.</summary>
    public async Task FoldCountersAsync(CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new(
                """
                WITH gone AS (
                    DELETE FROM accepted a WHERE epoch <> 0 AND NOT EXISTS (
                        SELECT FROM instances i WHERE i.epoch = a.epoch AND i.lease_until > '-infinity')
                    RETURNING connection, items, dead_lettered)
                INSERT INTO accepted AS a (connection, epoch, items, dead_lettered)
                SELECT connection, 0, sum(items), sum(dead_lettered) FROM gone GROUP BY connection ORDER BY connection
                ON CONFLICT (connection, epoch) DO UPDATE
                SET items = a.items + excluded.items, dead_lettered = a.dead_lettered + excluded.dead_lettered
                """
            )
        );
        batch.BatchCommands.Add(
            new(
                """
                WITH gone AS (
                    DELETE FROM settled s WHERE epoch <> 0 AND NOT EXISTS (
                        SELECT FROM instances i WHERE i.epoch = s.epoch AND i.lease_until > '-infinity')
                    RETURNING connection, delivered, dead_lettered, possible_duplicates, replayed)
                INSERT INTO settled AS s (connection, epoch, delivered, dead_lettered, possible_duplicates, replayed)
                SELECT connection, 0, sum(delivered), sum(dead_lettered), sum(possible_duplicates), sum(replayed)
                FROM gone GROUP BY connection ORDER BY connection
                ON CONFLICT (connection, epoch) DO UPDATE
                SET delivered = s.delivered + excluded.delivered, dead_lettered = s.dead_lettered + excluded.dead_lettered,
                    possible_duplicates = s.possible_duplicates + excluded.possible_duplicates,
                    replayed = s.replayed + excluded.replayed
                """
            )
        );
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
