using System.Text.Json.Serialization;
using Npgsql;
using Partner.Contracts;

namespace Partner.Auth;

/// <summary>A customer of the partner.</summary>
public sealed record Tenant(
    TenantId Id,
    [property: JsonPropertyName("external_id")] string ExternalId,
    string Name,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt);

internal sealed class TenantStore(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>One tenant per external id, however often it is asked for; its name is the newest given.</summary>
    public async Task<(Tenant Tenant, bool Created)> UpsertAsync(string externalId, string name,
        CancellationToken cancellationToken)
    {
        await using var command = database.Command(
            """
            INSERT INTO tenants (id, external_id, name, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (external_id) DO UPDATE SET name = excluded.name
            RETURNING id, external_id, name, created_at, xmax = 0 AS created
            """, TenantId.New().Text, externalId, name, time.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (Read(reader), (bool)reader["created"]);
    }

    public async Task<Tenant?> FindAsync(TenantId id, CancellationToken cancellationToken)
    {
        await using var command = database.Command("SELECT id, external_id, name, created_at FROM tenants WHERE id = $1", id.Text);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    private static Tenant Read(NpgsqlDataReader reader) => new(
        TenantId.Parse((string)reader["id"]),
        (string)reader["external_id"],
        (string)reader["name"],
        reader.TimeOrNull("created_at")!.Value);
}
