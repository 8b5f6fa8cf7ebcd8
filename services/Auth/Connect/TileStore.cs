using Npgsql;
using Partner.Egress;

namespace Partner.Auth.Connect;

/// <summary>Remembers what the tile said, for the browser that holds the cookie.</summary>
internal sealed class TileStore(NpgsqlDataSource database, SiteRegistry sites, TimeProvider time)
{
    /// <summary>Long enough to sign in, or sign up, at the partner's.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    public async Task<string> AddAsync(TileEntry entry, CancellationToken cancellationToken)
    {
        var handle = OpaqueTokens.New();
        await database.ExecuteAsync(
            "INSERT INTO tile_entries (hash, domain, authorize_host, expires_at) VALUES ($1, $2, $3, $4)",
            cancellationToken,
            OpaqueTokens.Hash(handle),
            entry.Domain?.Parameter.Text,
            entry.Host.Text,
            time.GetUtcNow() + Life
        );
        return handle;
    }

    public Task RemoveOldAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync("DELETE FROM tile_entries WHERE expires_at < $1", cancellationToken, time.GetUtcNow());

    public async Task<TileEntry?> FindAsync(string? handle, CancellationToken cancellationToken)
    {
        if (handle is null)
        {
            return null;
        }

        await using var command = database.Command(
            "SELECT domain, authorize_host FROM tile_entries WHERE hash = $1 AND expires_at > $2",
            OpaqueTokens.Hash(handle),
            time.GetUtcNow()
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return
            await reader.ReadAsync(cancellationToken)
            && sites.TryParseSite((string)reader["authorize_host"], out var host)
            ? new TileEntry(reader.TextOrNull("domain") is { } domain ? sites.Find(domain) : null, host)
            : null;
    }
}
