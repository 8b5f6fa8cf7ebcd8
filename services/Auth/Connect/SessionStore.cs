using Npgsql;
using Partner.Contracts;

namespace Partner.Auth.Connect;

/// <summary>A connect session that can still be used.</summary>
internal sealed record ConnectSession(TenantId Tenant, string TenantName, string Profile);

/// <summary>One-use sessions that the partner's backend makes for a signed-in customer.</summary>
internal sealed class SessionStore(NpgsqlDataSource database, TimeProvider time)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    /// <summary>Null: there is no such tenant.</summary>
    public async Task<(string Handle, DateTimeOffset ExpiresAt)?> AddAsync(
        TenantId tenant, string profile, CancellationToken cancellationToken)
    {
        var (handle, expiresAt) = (Handles.New(), time.GetUtcNow() + Life);
        return await database.ExecuteAsync(
            """
            INSERT INTO connect_sessions (hash, tenant, profile, expires_at)
            SELECT $1, id, $3, $4 FROM tenants WHERE id = $2
            """, cancellationToken, Handles.Hash(handle), tenant.Text, profile, expiresAt) == 1 ? (handle, expiresAt) : null;
    }

    /// <summary>Looks without using it up: previews of links do that too.</summary>
    public Task<ConnectSession?> FindAsync(string handle, CancellationToken cancellationToken) => ReadAsync(
        """
        SELECT s.tenant, t.name, s.profile FROM connect_sessions s JOIN tenants t ON t.id = s.tenant
        WHERE s.hash = $1 AND s.used_at IS NULL AND s.expires_at > $2
        """, handle, cancellationToken);

    /// <summary>Once, however many ask at the same time.</summary>
    public Task<ConnectSession?> UseAsync(string handle, CancellationToken cancellationToken) => ReadAsync(
        """
        UPDATE connect_sessions s SET used_at = $2 FROM tenants t
        WHERE s.hash = $1 AND s.used_at IS NULL AND s.expires_at > $2 AND t.id = s.tenant
        RETURNING s.tenant, t.name, s.profile
        """, handle, cancellationToken);

    private async Task<ConnectSession?> ReadAsync(string sql, string handle, CancellationToken cancellationToken)
    {
        await using var command = database.Command(sql, Handles.Hash(handle), time.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new ConnectSession(TenantId.Parse((string)reader["tenant"]), (string)reader["name"],
                (string)reader["profile"])
            : null;
    }
}
