using Partner.Auth.Tokens;

namespace Partner.Auth.Connections;

/// <summary>
/// Gives a proven org to its connection. A tenant that connects an org again keeps its older connection, with its
/// ingest keys and data; the newer one's grant moves there.
/// </summary>
internal sealed class OrgClaim(
    ConnectionStore connections,
    SetupStore setups,
    VaultClient vault,
    AccessTokens tokens,
    Sealer sealer,
    StoreRetry persist,
    Auditor auditor
)
{
    public async Task<Connection> RunAsync(Connection connection, string org, CancellationToken cancellationToken)
    {
        if (await setups.ClaimOrgAsync(connection.Id, org, cancellationToken))
        {
            return connection with { Org = org };
        }

        var older =
            await connections.FindByOrgAsync(connection.Tenant, connection.Profile, org, cancellationToken)
            ?? throw new InvalidOperationException("The org's connection went away.");
        return await MergeAsync(older, connection, cancellationToken);
    }

    private async Task<Connection> MergeAsync(Connection older, Connection newer, CancellationToken cancellationToken)
    {
        var owner = await vault.ReserveAsync(OwnerReservation.ForConnection(older.Id), cancellationToken);
        var grant =
            await vault.ReadAsync(newer.TokenOwner!.Value, SecretKinds.RefreshToken, newer.Id, cancellationToken)
            ?? throw new InvalidOperationException("The new grant is not in the vault.");
        var generation = await StoreAsync(older, owner.Id, grant, cancellationToken);
        byte[]? sealedToken = null;
        if (await tokens.OpenAsync(newer, cancellationToken) is { } token)
        {
            var moved = token with { Connection = older.Id, Generation = generation };
            sealedToken = await sealer.SealAsync(moved.Value, moved.Context, cancellationToken);
        }

        await setups.MergeAsync(older, newer, owner.Id, generation, sealedToken, cancellationToken);
        await vault.ShredAsync(newer.TokenOwner.Value, newer.Id, cancellationToken);
        // It may have reserved the org's key, which the older one does next.
        await vault.DetachAsync(newer.Id, cancellationToken);
        if (older.Site != newer.Site)
        {
            await auditor.WriteAsync(
                older.Id,
                "connection.site_changed",
                Auditor.Self,
                ("from", older.Site),
                ("to", newer.Site)
            );
        }

        return (await connections.FindAsync(older.Id, cancellationToken))!;
    }

    // Two ahead: a refresh of the old grant that is under way stores one ahead, finds itself overtaken and gives way.
    private Task<long> StoreAsync(
        Connection older,
        OwnerId owner,
        StoredSecret grant,
        CancellationToken cancellationToken
    ) =>
        persist.UntilStoredAsync(
            "grant of a reconnected org",
            async () =>
            {
                while (true)
                {
                    var current = await vault.ReadAsync(owner, SecretKinds.RefreshToken, older.Id, cancellationToken);
                    var next = Math.Max(older.Generation, current?.Version ?? 0) + 2;
                    if (
                        await vault.StoreAsync(
                            owner,
                            SecretKinds.RefreshToken,
                            grant with
                            {
                                Version = next,
                            },
                            older.Id,
                            cancellationToken
                        )
                    )
                    {
                        return next;
                    }
                }
            }
        );
}
