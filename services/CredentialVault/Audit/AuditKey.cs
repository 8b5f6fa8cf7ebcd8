using Npgsql;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Audit;

/// <summary>
/// The macs' key: a data key of its own, wrapped like every other. So the chains stay verifiable when the key ring's
/// versions that were in force at the time are long retired, and rotation needs to rewrite no record.
/// </summary>
internal sealed class AuditKey(DataKeys dataKeys, TimeProvider time)
{
    /// <summary>The key for new records, made if there is none yet.</summary>
    public async Task<(string Owner, DataKey Key)> CurrentAsync(
        NpgsqlConnection connection,
        CancellationToken cancellationToken
    )
    {
        var wrapped = await FindAsync(connection, null, cancellationToken);
        if (wrapped is null)
        {
            await CreateAsync(connection, cancellationToken);
            wrapped = await FindAsync(connection, null, cancellationToken);
        }

        return (wrapped!.Name, await dataKeys.OpenAsync(wrapped, cancellationToken));
    }

    /// <summary>The key of older records; null if it was removed.</summary>
    public async Task<DataKey?> FindKeyAsync(
        NpgsqlConnection connection,
        string owner,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(connection, owner, cancellationToken) is { } wrapped
            ? await dataKeys.OpenAsync(wrapped, cancellationToken)
            : null;

    private static Task<WrappedKey?> FindAsync(
        NpgsqlConnection connection,
        string? owner,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                """
                SELECT id, key_version, wrapped_key FROM owners
                WHERE kind = 'audit' AND state <> 'shredded' AND id = coalesce($1::text, id)
                """,
                owner
            )
            .ReadFirstAsync(
                reader => new WrappedKey(reader.GetString(0), reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)),
                cancellationToken
            );

    private async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var wrapped = await dataKeys.CreateAsync(OwnerId.New().Text, cancellationToken);
        // A second transaction waits for the first here, and then finds the first one's key.
        await connection.ExecuteAsync(
            """
            INSERT INTO owners (id, kind, state, wrapped_key, key_version, created_at)
            VALUES ($1, 'audit', 'active', $2, $3, $4) ON CONFLICT DO NOTHING
            """,
            cancellationToken,
            wrapped.Name,
            wrapped.Bytes,
            wrapped.Version,
            time.GetUtcNow()
        );
    }
}
