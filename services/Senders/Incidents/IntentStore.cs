using Npgsql;
using Partner.Storage;

namespace Partner.Incidents;

/// <summary>What to do with a request, given what the store knows of it.</summary>
internal enum Decision
{
    /// <summary>New: its intent is written, and ours.</summary>
    Call,

    /// <summary>It was asked before, and its outcome is unknown. Its intent is ours now.</summary>
    Find,

    /// <summary>It has its answer.</summary>
    Replay,

    /// <summary>Another request or search holds the intent.</summary>
    Busy,

    /// <summary>Its Idempotency-Key belongs to another request.</summary>
    Conflict,
}

/// <param name="Age">Since Datadog was last called.</param>
internal sealed record IntentClaim(Decision Decision, string Marker, TimeSpan Age, DatadogAnswer? Answer);

/// <summary>The intents. Time is the database's.</summary>
internal sealed class IntentStore(NpgsqlDataSource database)
{
    /// <summary>In one transaction and one connection's turn: finds the intent of a request, or writes it.</summary>
    public async Task<IntentClaim> ClaimAsync(
        IncidentRequest request,
        IncidentsOptions options,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
            cancellationToken,
            request.Connection.Text
        );
        await ForgetAsync(connection, request, options, cancellationToken);
        var claim = await FindAsync(connection, request, options, cancellationToken);
        claim = claim is null
            ? await InsertAsync(connection, request, options, cancellationToken)
            : await TakeAsync(connection, claim, options, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return claim;
    }

    /// <summary>Datadog is about to be called again: durable before it is.</summary>
    public Task CallAgainAsync(string marker, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            UPDATE intents SET state = 'open', settled_at = NULL, is_forbidden = false, called_at = now(), calls = calls + 1,
                looks = 0, next_look_at = now()
            WHERE marker = $1
            """,
            cancellationToken,
            marker
        );

    public Task SettleAsync(string marker, DatadogAnswer answer, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            UPDATE intents SET state = 'done', settled_at = now(), lease_until = now(), is_forbidden = false, status = $2, content_type = $3, answer = $4
            WHERE marker = $1
            """,
            cancellationToken,
            marker,
            answer.Status,
            answer.ContentType,
            answer.Body
        );

    /// <summary>Nothing came of it: as if it had never been asked.</summary>
    public Task DeleteAsync(string marker, CancellationToken cancellationToken) =>
        database.ExecuteAsync("DELETE FROM intents WHERE marker = $1", cancellationToken, marker);

    /// <summary>Still open; the next request looks for it first.</summary>
    public Task ReleaseAsync(string marker, CancellationToken cancellationToken) =>
        database.ExecuteAsync("UPDATE intents SET lease_until = now() WHERE marker = $1", cancellationToken, marker);

    private static async Task<IntentClaim> InsertAsync(
        NpgsqlConnection connection,
        IncidentRequest request,
        IncidentsOptions options,
        CancellationToken cancellationToken
    )
    {
        var marker = Marker.New();
        await connection.ExecuteAsync(
            """
            INSERT INTO intents (connection, marker, operation, path, key_hash, request_hash, state, lease_until)
            VALUES ($1, $2, $3, $4, $5, $6, 'open', now() + $7)
            """,
            cancellationToken,
            request.Connection.Text,
            marker,
            request.Operation.Name,
            request.Path,
            request.KeyHash,
            request.RequestHash,
            options.Lease
        );
        return new IntentClaim(Decision.Call, marker, TimeSpan.Zero, null);
    }

    // The poller of open intents does not take the turn that a request takes, so it may be faster.
    private static async Task<IntentClaim> TakeAsync(
        NpgsqlConnection connection,
        IntentClaim claim,
        IncidentsOptions options,
        CancellationToken cancellationToken
    )
    {
        switch (claim.Decision)
        {
            case Decision.Find:
                var taken = await connection.ExecuteAsync(
                    """
                    UPDATE intents SET lease_until = now() + $2
                    WHERE marker = $1 AND state <> 'done' AND lease_until <= now() AND look_until <= now()
                    """,
                    cancellationToken,
                    claim.Marker,
                    options.Lease
                );
                return taken == 1 ? claim : claim with { Decision = Decision.Busy };
            case Decision.Replay:
                await connection.ExecuteAsync(
                    "UPDATE intents SET awaits_caller = false WHERE marker = $1 AND awaits_caller",
                    cancellationToken,
                    claim.Marker
                );
                return claim;
            default:
                return claim;
        }
    }

    // Without a key a request is tied only to an earlier one that got no answer: two equal incidents may both be meant.
    private static async Task<IntentClaim?> FindAsync(
        NpgsqlConnection connection,
        IncidentRequest request,
        IncidentsOptions options,
        CancellationToken cancellationToken
    )
    {
        // Two statements, each for an index of its own (003_intents_by_need.sql).
        const string Columns =
            "marker, request_hash, state, greatest(lease_until, look_until) > now(), now() - called_at, status, content_type, answer";
        await using var command = request.KeyHash is { } key
            ? connection.Command(
                $"""
                SELECT {Columns} FROM intents WHERE connection = $1 AND key_hash = $2 ORDER BY id DESC LIMIT 1
                """,
                request.Connection.Text,
                key
            )
            : connection.Command(
                $"""
                SELECT {Columns} FROM intents
                WHERE connection = $1 AND request_hash = $2 AND (state <> 'done' OR awaits_caller)
                    AND key_hash IS NULL AND lease_until > now() - $3
                ORDER BY id DESC LIMIT 1
                """,
                request.Connection.Text,
                request.RequestHash,
                options.Tie
            );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var isDone = reader.GetString(2) == "done";
        var answer = isDone
            ? new DatadogAnswer(
                reader.GetInt32(5),
                reader.IsDBNull(6) ? null : reader.GetString(6),
                reader.GetFieldValue<byte[]>(7),
                []
            )
            : null;
        var decision = Decide(reader.GetString(1) == request.RequestHash, isDone, reader.GetBoolean(3));
        return new IntentClaim(decision, reader.GetString(0), reader.GetTimeSpan(4), answer);
    }

    internal static Decision Decide(bool isSame, bool isDone, bool isLeased) =>
        (isSame, isDone, isLeased) switch
        {
            (false, _, _) => Decision.Conflict,
            (_, true, _) => Decision.Replay,
            (_, _, true) => Decision.Busy,
            _ => Decision.Find,
        };

    // Customers' data goes when no request can ask for it any more; the row stays for the count.
    private static Task ForgetAsync(
        NpgsqlConnection connection,
        IncidentRequest request,
        IncidentsOptions options,
        CancellationToken cancellationToken
    ) =>
        connection.ExecuteAsync(
            """
            UPDATE intents SET answer = NULL, key_hash = NULL, awaits_caller = false
            WHERE connection = $1 AND answer IS NOT NULL AND settled_at < now() - $2
            """,
            cancellationToken,
            request.Connection.Text,
            options.Keep
        );
}
