using Npgsql;
using Partner.CredentialVault.Audit;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Owners;

/// <summary>A live owner, as work with its secrets needs it.</summary>
internal sealed record OwnerRow(OwnerId Id, OwnerKind Kind, WrappedKey Key);

/// <summary>Owners and their data keys. The vault's own audit key is none of these.</summary>
internal sealed class OwnerStore(NpgsqlDataSource source, DataKeys dataKeys, AuditLog audit, TimeProvider time)
{
    // A reservation can lose only to one that is then found, or that was shredded in between.
    private const int MaxTries = 5;

    public async Task<Owner> ReserveAsync(OwnerReservation wanted, string service, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxTries; i++)
        {
            if (
                await FindAsync(wanted, cancellationToken) is { } existing
                && await ShareAsync(existing.Id, wanted.Connection, cancellationToken)
            )
            {
                return existing;
            }

            var id = OwnerId.New();
            var key = await dataKeys.CreateAsync(id.Text, cancellationToken);
            if (await InsertAsync(id, wanted, key, service, cancellationToken))
            {
                return new Owner(id, wanted.Kind, null);
            }
        }

        throw new TimeoutException("The owner was reserved and shredded again and again.");
    }

    /// <summary>
    /// False if the connection has no such owner, or another one sends with its key; true also if it was shredded before.
    /// </summary>
    public async Task<bool> ShredAsync(
        OwnerId id,
        ConnectionId behalf,
        string service,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(connection, id, behalf, cancellationToken) is not { } owner)
        {
            return await connection
                .Command("SELECT 1 FROM owner_connections WHERE owner = $1 AND connection = $2", id.Text, behalf.Text)
                .ScalarAsync<int?>(cancellationToken)
                is not null;
        }

        if (
            await connection
                .Command(
                    "SELECT EXISTS (SELECT FROM connection_keys WHERE owner = $1 AND connection <> $2)",
                    id.Text,
                    behalf.Text
                )
                .ScalarAsync<bool>(cancellationToken)
        )
        {
            return false;
        }

        await ShredAsync(connection, owner, behalf, service, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        dataKeys.Forget(id.Text);
        return true;
    }

    /// <summary>
    /// Within a transaction that holds the owner's lock: secrets, data key and attachments are gone when it commits
    /// (security 40). A backup's copies stay under the key ring's version of their time.
    /// </summary>
    public async Task ShredAsync(
        NpgsqlConnection connection,
        OwnerRow owner,
        ConnectionId chain,
        string service,
        CancellationToken cancellationToken
    )
    {
        await connection.ExecuteAsync("DELETE FROM secrets WHERE owner = $1", cancellationToken, owner.Id.Text);

        await connection.ExecuteAsync("DELETE FROM connection_keys WHERE owner = $1", cancellationToken, owner.Id.Text);

        await connection.ExecuteAsync(
            """
            UPDATE owners SET state = 'shredded', wrapped_key = NULL, key_version = NULL, shredded_at = $2 WHERE id = $1
            """,
            cancellationToken,
            owner.Id.Text,
            time.GetUtcNow()
        );

        await audit.AppendAsync(
            connection,
            Event(chain, "owner.shredded", service, owner.Id),
            service,
            cancellationToken
        );
    }

    /// <summary>
    /// The owner unless it was shredded; no other transaction writes to it or shreds it until this one ends.
    /// </summary>
    /// <param name="behalf">Only if it is this connection's; null for attaching and detaching.</param>
    public static Task<OwnerRow?> LockAsync(
        NpgsqlConnection connection,
        OwnerId id,
        ConnectionId? behalf,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                """
                SELECT kind, key_version, wrapped_key FROM owners
                WHERE id = $1 AND state <> 'shredded' AND kind <> 'audit'
                AND ($2::text IS NULL OR EXISTS (SELECT FROM owner_connections c WHERE c.owner = id AND c.connection = $2))
                FOR NO KEY UPDATE
                """,
                id.Text,
                behalf?.Text
            )
            .ReadFirstAsync(
                reader => new OwnerRow(
                    id,
                    reader.GetString(0) == "org" ? OwnerKind.Org : OwnerKind.Connection,
                    new WrappedKey(id.Text, reader.GetInt32(1), reader.GetFieldValue<byte[]>(2))
                ),
                cancellationToken
            );

    public static AuditEvent Event(ConnectionId chain, string name, string service, OwnerId owner) =>
        new(chain, name, service, new Dictionary<string, string> { ["owner"] = owner.Text });

    // False if it was shredded meanwhile.
    private async Task<bool> ShareAsync(OwnerId id, ConnectionId chain, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await ShareAsync(connection, id, chain, cancellationToken);
    }

    /// <summary>From now on calls on behalf of this connection reach the owner's secrets.</summary>
    public static Task<bool> ShareAsync(
        NpgsqlConnection connection,
        OwnerId id,
        ConnectionId chain,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                """
                WITH added AS (
                    INSERT INTO owner_connections (owner, connection)
                    SELECT id, $2 FROM owners WHERE id = $1 AND state <> 'shredded'
                    ON CONFLICT DO NOTHING)
                SELECT state <> 'shredded' FROM owners WHERE id = $1
                """,
                id.Text,
                chain.Text
            )
            .ScalarAsync<bool>(cancellationToken);

    private async Task<Owner?> FindAsync(OwnerReservation wanted, CancellationToken cancellationToken)
    {
        var command =
            wanted.Kind == OwnerKind.Org
                ? source.Command(
                    """
                    SELECT o.id, (SELECT key_id FROM secrets s WHERE s.owner = o.id AND s.kind = 'api-key' ORDER BY version DESC LIMIT 1)
                    FROM owners o WHERE o.kind = 'org' AND o.client = $1 AND o.org = $2 AND o.state <> 'shredded'
                    """,
                    wanted.Client,
                    wanted.Org
                )
                : source.Command(
                    """
                    SELECT id, NULL::text FROM owners WHERE kind = 'connection' AND connection = $1 AND state <> 'shredded'
                    """,
                    wanted.Connection.Text
                );
        return await command.ReadFirstAsync(
            reader => new Owner(
                OwnerId.Parse(reader.GetString(0)),
                wanted.Kind,
                reader.IsDBNull(1) ? null : reader.GetString(1)
            ),
            cancellationToken
        );
    }

    private async Task<bool> InsertAsync(
        OwnerId id,
        OwnerReservation wanted,
        WrappedKey key,
        string service,
        CancellationToken cancellationToken
    )
    {
        var isOrg = wanted.Kind == OwnerKind.Org;
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (
            await connection.ExecuteAsync(
                """
                INSERT INTO owners (id, kind, client, org, connection, wrapped_key, key_version, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
                """,
                cancellationToken,
                id.Text,
                isOrg ? "org" : "connection",
                isOrg ? wanted.Client : null,
                isOrg ? wanted.Org : null,
                wanted.Connection.Text,
                key.Bytes,
                key.Version,
                time.GetUtcNow()
            ) == 0
        )
        {
            return false;
        }

        await ShareAsync(connection, id, wanted.Connection, cancellationToken);
        await audit.AppendAsync(
            connection,
            Event(wanted.Connection, "owner.reserved", service, id),
            service,
            cancellationToken
        );
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
