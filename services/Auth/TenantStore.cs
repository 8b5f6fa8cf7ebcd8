using System.Text.Json.Serialization;
using Npgsql;

namespace Partner.Auth;

/// <summary>A customer of the partner.</summary>
public sealed record Tenant(
    TenantId Id,
    [property: JsonPropertyName("external_id")] string ExternalId,
    string Name,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt
);

internal enum TenantDeletion
{
    Deleted,
    HasConnections,
    Unknown,
}

internal sealed class TenantStore(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>One tenant per external id, however often it is asked for; its name is the newest given.</summary>
    public async Task<(Tenant Tenant, bool Created)> UpsertAsync(
        string externalId,
        string name,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.Command(
            """
            INSERT INTO tenants (id, external_id, name, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (external_id) DO UPDATE SET name = excluded.name
            RETURNING id, external_id, name, created_at, xmax = 0 AS created
            """,
            TenantId.New().Text,
            externalId,
            name,
            time.GetUtcNow()
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (Read(reader), (bool)reader["created"]);
    }

    public Task<Tenant?> FindAsync(TenantId id, CancellationToken cancellationToken) =>
        database
            .Command(
                "SELECT id, external_id, name, created_at FROM tenants WHERE id = $1 AND deleted_at IS NULL",
                id.Text
            )
            .ReadFirstAsync(Read, cancellationToken);

    /// <summary>Oldest first, those that come after a tenant.</summary>
    public async Task<IReadOnlyList<Tenant>> ListAsync(
        string? externalId,
        string? partOfName,
        TenantId? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        await database
            .Command(
                """
                SELECT id, external_id, name, created_at FROM tenants
                WHERE deleted_at IS NULL
                    AND ($1::text IS NULL OR external_id = $1)
                    AND ($2::text IS NULL OR strpos(lower(name), lower($2)) > 0)
                    AND ($3::text IS NULL OR id > $3)
                ORDER BY id LIMIT $4
                """,
                externalId,
                partOfName,
                after?.Text,
                limit
            )
            .ReadAllAsync(Read, cancellationToken);

    public Task<Tenant?> RenameAsync(TenantId id, string name, CancellationToken cancellationToken) =>
        database
            .Command(
                """
                UPDATE tenants SET name = $2 WHERE id = $1 AND deleted_at IS NULL
                RETURNING id, external_id, name, created_at
                """,
                id.Text,
                name
            )
            .ReadFirstAsync(Read, cancellationToken);

    /// <summary>
    /// The tenant's data goes, and a browser that is connecting for it finds the way closed. Its row stays, without a
    /// name: connections that it had are still told apart by it.
    /// </summary>
    public async Task<TenantDeletion> DeleteAsync(TenantId id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Locked first: a connection that is made at the same time is seen below, or finds the tenant gone.
        if (
            await connection
                .Command("SELECT 1 FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR UPDATE", id.Text)
                .ScalarAsync<int?>(cancellationToken)
            is null
        )
        {
            return TenantDeletion.Unknown;
        }

        if (
            await connection
                .Command("SELECT 1 FROM connections WHERE tenant = $1 AND state <> 'disconnected' LIMIT 1", id.Text)
                .ScalarAsync<int?>(cancellationToken)
            is not null
        )
        {
            return TenantDeletion.HasConnections;
        }

        foreach (
            var sql in (string[])
                [
                    "DELETE FROM connect_sessions WHERE tenant = $1",
                    "DELETE FROM attempts WHERE tenant = $1",
                    "UPDATE tenants SET deleted_at = now(), external_id = 'deleted:' || id, name = '' WHERE id = $1",
                ]
        )
        {
            await connection.ExecuteAsync(sql, cancellationToken, id.Text);
        }

        await transaction.CommitAsync(cancellationToken);
        return TenantDeletion.Deleted;
    }

    private static Tenant Read(NpgsqlDataReader reader) =>
        new(
            TenantId.Parse((string)reader["id"]),
            (string)reader["external_id"],
            (string)reader["name"],
            reader.TimeOrNull("created_at")!.Value
        );
}
