using Partner.Auth.Datadog;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>
/// Which org an authorisation is for, from Datadog's server alone. dd_oid and dd_org_name come through the browser
/// and prove nothing.
/// </summary>
internal sealed class OrgProof(
    VaultClient vault,
    DatadogAccountClient datadog,
    KeyMint mint,
    KeySetup keys,
    StoreRetry persist
)
{
    public async Task<(string? Org, SetupStep? Step)> RunAsync(
        Connection connection,
        ClientProfile client,
        DatadogSite site,
        LiveToken token,
        CancellationToken cancellationToken
    ) =>
        await datadog.WhoAmIAsync(site, token.Value, cancellationToken) switch
        {
            OrgAnswer.Known known => (known.Org, null),
            OrgAnswer.Unprovable => await ByNewKeyAsync(connection, client, site, token, cancellationToken),
            _ => (null, new SetupStep.Later()),
        };

    // Only a key can tell the org now. Its place is an owner for "the org of this connection, whichever it is"; once it
    // has told, it moves to the org's own before anything else is decided.
    private async Task<(string? Org, SetupStep? Step)> ByNewKeyAsync(
        Connection connection,
        ClientProfile client,
        DatadogSite site,
        LiveToken token,
        CancellationToken cancellationToken
    )
    {
        var holder = await vault.ReserveAsync(
            OwnerReservation.ForUnprovenOrg(client.ClientId, connection.Id),
            cancellationToken
        );
        var key = await vault.ReadAsync(holder.Id, SecretKinds.ApiKey, connection.Id, cancellationToken);
        if (key is null)
        {
            (var step, key) = await mint.RunAsync(connection, site, token, holder.Id, 1, cancellationToken);
            if (key is null)
            {
                return (null, step);
            }
        }

        if (await keys.ProveAsync(site, key, cancellationToken) is not KeyAnswer.Valid { Org: { } org })
        {
            return (null, new SetupStep.Later());
        }

        var owner = await vault.ReserveAsync(
            OwnerReservation.ForOrg(client.ClientId, org, connection.Id),
            cancellationToken
        );
        if (owner.ApiKeyId != key.KeyId)
        {
            var before = owner.ApiKeyId is null
                ? null
                : await vault.ReadAsync(owner.Id, SecretKinds.ApiKey, connection.Id, cancellationToken);
            var moved = key with { Version = (before?.Version ?? 0) + 1 };
            await persist.UntilStoredAsync(
                "new API key",
                () => vault.StoreAsync(owner.Id, SecretKinds.ApiKey, moved, connection.Id, CancellationToken.None)
            );
        }

        await vault.ShredAsync(holder.Id, connection.Id, cancellationToken);

        return (org, null);
    }
}
