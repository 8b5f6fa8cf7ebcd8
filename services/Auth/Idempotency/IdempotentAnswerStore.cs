using Npgsql;

namespace Partner.Auth.Idempotency;

/// <summary>Which request it is: the same key of another credential, or for another path, is another.</summary>
internal sealed record IdempotentCall(string Credential, string Path, string KeyHash, string RequestHash)
{
    /// <summary>The context for which the stored answer is sealed.</summary>
    public string Context => $"idempotency:{Credential}:{Path}:{KeyHash}";
}

/// <summary>The table's answer to a request.</summary>
internal abstract record Claim
{
    /// <summary>It is this request's to do.</summary>
    public sealed record Mine(Guid Holder) : Claim;

    public sealed record Done(byte[] Answer) : Claim;

    /// <summary>The same request is being done.</summary>
    public sealed record Busy : Claim;

    /// <summary>The key was used with another body.</summary>
    public sealed record Reused : Claim;
}

internal sealed class IdempotentAnswerStore(NpgsqlDataSource database)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);

    /// <summary>After it the process that did the request has ended, and the request may be done again.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    private const int RemovedAtOnce = 20;

    public async Task<Claim> ClaimAsync(IdempotentCall request, CancellationToken cancellationToken)
    {
        var holder = Guid.CreateVersion7();
        var claimed = await database.ExecuteAsync(
            """
            INSERT INTO idempotency_keys AS k (credential, path, key_hash, request_hash, holder, claimed_until, expires_at)
            VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6, clock_timestamp() + $7)
            ON CONFLICT (credential, path, key_hash) DO UPDATE SET
                request_hash = excluded.request_hash, holder = excluded.holder, claimed_until = excluded.claimed_until,
                expires_at = excluded.expires_at, answer = NULL
            WHERE k.expires_at < clock_timestamp()
                OR (k.answer IS NULL AND k.request_hash = excluded.request_hash AND k.claimed_until < clock_timestamp())
            """,
            cancellationToken,
            request.Credential,
            request.Path,
            request.KeyHash,
            request.RequestHash,
            holder,
            Lease,
            Life
        );
        if (claimed == 1)
        {
            await RemoveExpiredAsync(CancellationToken.None);
            return new Claim.Mine(holder);
        }

        return await ReadAsync(request, cancellationToken);
    }

    /// <summary>The answer, before the client has it.</summary>
    public Task CompleteAsync(IdempotentCall request, Guid holder, byte[] answer) =>
        database.ExecuteAsync(
            """
            UPDATE idempotency_keys SET answer = $5
            WHERE credential = $1 AND path = $2 AND key_hash = $3 AND holder = $4
            """,
            CancellationToken.None,
            request.Credential,
            request.Path,
            request.KeyHash,
            holder,
            answer
        );

    /// <summary>It was not done, so it may be asked for again.</summary>
    public Task ReleaseAsync(IdempotentCall request, Guid holder) =>
        database.ExecuteAsync(
            """
            DELETE FROM idempotency_keys
            WHERE credential = $1 AND path = $2 AND key_hash = $3 AND holder = $4 AND answer IS NULL
            """,
            CancellationToken.None,
            request.Credential,
            request.Path,
            request.KeyHash,
            holder
        );

    private async Task<Claim> ReadAsync(IdempotentCall request, CancellationToken cancellationToken)
    {
        await using var command = database.Command(
            """
            SELECT request_hash, answer FROM idempotency_keys
            WHERE credential = $1 AND path = $2 AND key_hash = $3
            """,
            request.Credential,
            request.Path,
            request.KeyHash
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        // No row: it was released a moment ago.
        return !await reader.ReadAsync(cancellationToken) ? new Claim.Busy()
            : !OpaqueTokens.SameHash((string)reader["request_hash"], request.RequestHash) ? new Claim.Reused()
            : reader["answer"] is byte[] answer ? new Claim.Done(answer)
            : new Claim.Busy();
    }

    // Each new one takes more old ones with it than it adds.
    private Task RemoveExpiredAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM idempotency_keys WHERE expires_at < clock_timestamp()
                ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))
            """,
            cancellationToken,
            RemovedAtOnce
        );
}
