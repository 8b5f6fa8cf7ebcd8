using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Partner.CredentialVault.Audit;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Owners;

internal enum PutOutcome
{
    Stored,
    AlreadyStored,
    StaleVersion,
    VersionTaken,
    NoOwner,
    WrongKind,
}

/// <summary>A secret that was read, and its owner.</summary>
internal sealed record FoundSecret(OwnerId Owner, StoredSecret Secret);

/// <summary>Secrets, each under the data key of its owner.</summary>
internal sealed class SecretStore(NpgsqlDataSource source, DataKeys dataKeys, AuditLog audit, TimeProvider time)
{
    public async Task<PutOutcome> PutAsync(
        OwnerId id,
        SecretKind kind,
        StoredSecret secret,
        ConnectionId behalf,
        string service,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await OwnerStore.LockAsync(connection, id, behalf, cancellationToken) is not { } owner)
        {
            return PutOutcome.NoOwner;
        }

        if (owner.Kind != kind.OwnerKind)
        {
            return PutOutcome.WrongKind;
        }

        using var key = await dataKeys.OpenAsync(owner.Key, cancellationToken);
        var newest = await ReadNewestAsync(connection, id, kind, key, cancellationToken);
        var outcome = Decide(newest, secret);
        if (outcome == PutOutcome.Stored)
        {
            await WriteAsync(connection, id, kind, secret, key, cancellationToken);
            if (kind == SecretKind.ApiKey)
            {
                var stored = OwnerStore.Event(behalf, "api_key.stored", service, id);
                await audit.AppendAsync(connection, stored, service, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        return outcome;
    }

    /// <summary>A version that is there already is not written twice, and never changes.</summary>
    internal static PutOutcome Decide(StoredSecret? newest, StoredSecret wanted) =>
        newest switch
        {
            null => PutOutcome.Stored,
            _ when wanted.Version > newest.Version => PutOutcome.Stored,
            _ when wanted.Version < newest.Version => PutOutcome.StaleVersion,
            _ when wanted == newest => PutOutcome.AlreadyStored,
            _ => PutOutcome.VersionTaken,
        };

    /// <summary>This version, or the newest.</summary>
    public Task<FoundSecret?> FindAsync(
        OwnerId owner,
        SecretKind kind,
        long? version,
        ConnectionId behalf,
        CancellationToken cancellationToken
    ) =>
        FindAsync(
            kind,
            """
            SELECT o.id, o.key_version, o.wrapped_key, s.version, s.key_id, s.ciphertext, s.site
            FROM owners o
            JOIN owner_connections c ON c.owner = o.id AND c.connection = $4
            JOIN secrets s ON s.owner = o.id
            WHERE o.id = $2 AND o.state = 'active' AND s.kind = $1 AND s.version = coalesce($3, s.version)
            ORDER BY s.version DESC LIMIT 1
            """,
            [kind.Name, owner.Text, version, behalf.Text],
            cancellationToken
        );

    /// <summary>The API key that the connection sends with.</summary>
    public Task<FoundSecret?> FindApiKeyAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        FindAsync(
            SecretKind.ApiKey,
            """
            SELECT o.id, o.key_version, o.wrapped_key, s.version, s.key_id, s.ciphertext, s.site
            FROM connection_keys c
            JOIN owners o ON o.id = c.owner AND o.state = 'active'
            JOIN secrets s ON s.owner = o.id AND s.kind = $1
            WHERE c.connection = $2
            ORDER BY s.version DESC LIMIT 1
            """,
            [SecretKind.ApiKey.Name, connection.Text],
            cancellationToken
        );

    private async Task<FoundSecret?> FindAsync(
        SecretKind kind,
        string sql,
        object?[] values,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var id = OwnerId.Parse(reader.GetString(0));
        var wrapped = new WrappedKey(id.Text, reader.GetInt32(1), reader.GetFieldValue<byte[]>(2));
        using var key = await dataKeys.OpenAsync(wrapped, cancellationToken);
        return new FoundSecret(id, Open(reader, 3, id, kind, key));
    }

    private static Task<StoredSecret?> ReadNewestAsync(
        NpgsqlConnection connection,
        OwnerId owner,
        SecretKind kind,
        DataKey key,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                """
                SELECT version, key_id, ciphertext, site FROM secrets
                WHERE owner = $1 AND kind = $2 ORDER BY version DESC LIMIT 1
                """,
                owner.Text,
                kind.Name
            )
            .ReadFirstAsync(reader => Open(reader, 0, owner, kind, key), cancellationToken);

    /// <param name="first">Ordinal of version, which key id, ciphertext and site follow.</param>
    private static StoredSecret Open(NpgsqlDataReader reader, int first, OwnerId owner, SecretKind kind, DataKey key)
    {
        var version = reader.GetInt64(first);
        var keyId = reader.IsDBNull(first + 1) ? null : reader.GetString(first + 1);
        var ciphertext = reader.GetFieldValue<byte[]>(first + 2);
        var site = reader.IsDBNull(first + 3) ? null : reader.GetString(first + 3);
        var plaintext = Envelope.Open(key.Bytes, ciphertext, kind.Place(owner, version, keyId, site));
        var value = new Secret(Encoding.UTF8.GetString(plaintext));
        CryptographicOperations.ZeroMemory(plaintext);
        return new StoredSecret(version, keyId, value, site);
    }

    private async Task WriteAsync(
        NpgsqlConnection connection,
        OwnerId owner,
        SecretKind kind,
        StoredSecret secret,
        DataKey key,
        CancellationToken cancellationToken
    )
    {
        var plaintext = Encoding.UTF8.GetBytes(secret.Value.Reveal());
        var place = kind.Place(owner, secret.Version, secret.KeyId, secret.Site);
        var ciphertext = Envelope.Seal(key.Bytes, plaintext, place);
        CryptographicOperations.ZeroMemory(plaintext);
        await connection.ExecuteAsync(
            """
            INSERT INTO secrets (owner, kind, version, key_id, ciphertext, site, stored_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            cancellationToken,
            owner.Text,
            kind.Name,
            secret.Version,
            secret.KeyId,
            ciphertext,
            secret.Site,
            time.GetUtcNow()
        );

        await connection.ExecuteAsync(
            """
            DELETE FROM secrets WHERE owner = $1 AND kind = $2 AND version NOT IN (
                SELECT version FROM secrets WHERE owner = $1 AND kind = $2 ORDER BY version DESC LIMIT $3)
            """,
            cancellationToken,
            owner.Text,
            kind.Name,
            kind.Kept
        );

        await connection.ExecuteAsync(
            "UPDATE owners SET state = 'active' WHERE id = $1 AND state = 'reserved'",
            cancellationToken,
            owner.Text
        );
    }
}
