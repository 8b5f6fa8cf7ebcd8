using Npgsql;

namespace Partner.Auth.Tokens;

/// <summary>The right to try a refresh.</summary>
/// <param name="UndecidedFor">
/// Null: no earlier attempt with this refresh token is open. Else how long an answer to one may still turn up; zero or
/// less when it is given up.
/// </param>
internal sealed record Lease(string Holder, TimeSpan? UndecidedFor);

/// <summary>
/// Lets one attempt run per connection and generation, across processes. Only the database's clock is asked: a host
/// that is paused, or whose clock is wrong, cannot shorten any lease (faults F5, F27).
/// </summary>
internal sealed class LeaseStore(NpgsqlDataSource database)
{
    /// <summary>Longer than a request to Datadog can take.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(30);

    /// <summary>How long a holder that vanished may still come back with an answer: a pause of 60 s and more.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(90);

    /// <summary>Null: another attempt holds it, or it is not time to try again yet.</summary>
    public async Task<Lease?> TryAcquireAsync(
        ConnectionId connection,
        long generation,
        CancellationToken cancellationToken
    )
    {
        var holder = OpaqueTokens.New();
        // A holder still standing in a lease that ran out never told us how its attempt ended.
        return await database
            .Command(
                """
                INSERT INTO refresh_leases AS l (connection, generation, holder, lease_until)
                VALUES ($1, $2, $3, clock_timestamp() + $4)
                ON CONFLICT (connection) DO UPDATE SET
                    generation = excluded.generation, holder = excluded.holder, lease_until = excluded.lease_until,
                    undecided_until = CASE
                        WHEN l.generation <> excluded.generation THEN NULL
                        WHEN l.holder IS NOT NULL THEN greatest(l.undecided_until, l.lease_until + $5)
                        ELSE l.undecided_until END
                WHERE l.generation <= excluded.generation
                    AND (l.lease_until <= clock_timestamp() OR (l.holder IS NULL AND l.generation < excluded.generation))
                RETURNING undecided_until - clock_timestamp()
                """,
                connection.Text,
                generation,
                holder,
                Time,
                Grace
            )
            .ReadFirstAsync(
                reader => new Lease(holder, reader.IsDBNull(0) ? null : reader.GetTimeSpan(0)),
                cancellationToken
            );
    }

    /// <summary>How long no attempt is to start; null: one is running, or was a moment ago.</summary>
    public Task<TimeSpan?> FindPauseAsync(
        ConnectionId connection,
        long generation,
        CancellationToken cancellationToken
    ) =>
        database
            .Command(
                """
                SELECT lease_until - clock_timestamp() FROM refresh_leases
                WHERE connection = $1 AND generation = $2 AND holder IS NULL AND lease_until > clock_timestamp()
                """,
                connection.Text,
                generation
            )
            .ScalarAsync<TimeSpan?>(cancellationToken);

    /// <summary>While an answer waits to be stored.</summary>
    public Task RenewAsync(ConnectionId connection, Lease lease, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "UPDATE refresh_leases SET lease_until = clock_timestamp() + $3 WHERE connection = $1 AND holder = $2",
            cancellationToken,
            connection.Text,
            lease.Holder,
            Time
        );

    /// <summary>Frees the own lease only, never a later holder's.</summary>
    /// <param name="retryAfter">No attempt starts before that.</param>
    /// <param name="undecided">Datadog may have acted on this attempt.</param>
    public Task ReleaseAsync(
        ConnectionId connection,
        Lease lease,
        TimeSpan retryAfter,
        bool undecided,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            UPDATE refresh_leases SET
                holder = NULL, lease_until = clock_timestamp() + $3,
                undecided_until = CASE WHEN $4 THEN clock_timestamp() + $5 ELSE undecided_until END
            WHERE connection = $1 AND holder = $2
            """,
            cancellationToken,
            connection.Text,
            lease.Holder,
            retryAfter,
            undecided,
            Grace
        );
}
