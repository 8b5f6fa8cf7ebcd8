using Npgsql;
using Partner.Auth.Datadog;
using Partner.Auth.IngestKeys;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>
/// Ends a connection: sends stop with the first commit, then the grant is revoked at Datadog and the vault's secrets
/// are shredded (security 40). The worker retries a failed step, for an hour; then the token is shredded unrevoked.
/// </summary>
internal sealed class Disconnection(
    NpgsqlDataSource database,
    VaultClient vault,
    DatadogOAuthClient datadog,
    TokenCache cache,
    ClientProfiles clients,
    SiteRegistry sites,
    Auditor auditor,
    DatabaseClock time
)
{
    private static readonly TimeSpan GiveUpRevoking = TimeSpan.FromHours(1);
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    /// <summary>False: it is disconnected already. From here on nothing is sent.</summary>
    public async Task<bool> BeginAsync(ConnectionId id, string actor, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (
            await connection.ExecuteAsync(
                """
                UPDATE connections SET
                    state = 'disconnected', reason = $2, disconnected_at = $3, sealed_token = NULL, token_expires_at = NULL,
                    setup_due = false, next_step_at = $4
                WHERE id = $1 AND state <> 'disconnected'
                """,
                cancellationToken,
                id.Text,
                ConnectionReasons.Disconnected,
                time.GetUtcNow(),
                time.GetUtcNow() + Again
            ) == 0
        )
        {
            return false;
        }

        await connection.ExecuteAsync(
            "UPDATE ingest_keys SET revoked_at = $2 WHERE connection = $1 AND revoked_at IS NULL",
            cancellationToken,
            id.Text,
            time.GetUtcNow()
        );
        await IngestKeyFeed.TouchAsync(connection, id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await auditor.WriteAsync(id, "connection.disconnected", actor);
        return true;
    }

    /// <summary>Everything that can be repeated. True: nothing is left to do.</summary>
    public async Task<bool> CleanUpAsync(Connection connection, CancellationToken cancellationToken)
    {
        var purged = await cache.RemoveAsync(connection.Id);
        await vault.DetachAsync(connection.Id, cancellationToken);
        var revoked = connection.TokenOwner is not { } owner || await RevokeAsync(connection, owner, cancellationToken);
        // A reader may have put a token back into Redis just before the row said no: it is purged a second time.
        var settled = purged && connection.DisconnectedAt < time.GetUtcNow() - (Again / 2);
        await database.ExecuteAsync(
            """
            UPDATE connections SET key_owner = NULL, token_owner = CASE WHEN $2 THEN NULL ELSE token_owner END, next_step_at = $3
            WHERE id = $1 AND state = 'disconnected'
            """,
            cancellationToken,
            connection.Id.Text,
            revoked,
            revoked && settled ? null : time.GetUtcNow() + Again
        );
        return revoked;
    }

    private async Task<bool> RevokeAsync(Connection connection, OwnerId owner, CancellationToken cancellationToken)
    {
        var stored = await vault.ReadAsync(owner, SecretKinds.RefreshToken, connection.Id, cancellationToken);
        var revoked =
            stored is null
            || (
                sites.Find(connection.Site) is { } site
                && RefreshTokenText.For(connection.Site, stored.Value) is { } token
                && await datadog.RevokeAsync(site, clients.Get(connection.Profile), token, cancellationToken)
            );
        if (!revoked && connection.DisconnectedAt > time.GetUtcNow() - GiveUpRevoking)
        {
            return false;
        }

        await vault.ShredAsync(owner, connection.Id, cancellationToken);
        await auditor.WriteAsync(connection.Id, revoked ? "token.revoked" : "token.shredded_unrevoked", Auditor.Self);
        return true;
    }
}
