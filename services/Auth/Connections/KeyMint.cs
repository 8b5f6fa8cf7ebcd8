using Partner.Auth.Datadog;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>
/// Asks for the key that Datadog shows once. Its place is reserved already; between the answer and the vault it lives
/// in this process's memory only. If the process ends there, the next attempt gets 409 and ends in key_lost (F4).
/// </summary>
internal sealed class KeyMint(VaultClient vault, DatadogAccountClient datadog, StoreRetry persist, Auditor auditor)
{
    /// <summary>A key that is stored, or else how the set-up goes on.</summary>
    public async Task<(SetupStep? Step, StoredSecret? Key)> RunAsync(
        Connection connection,
        DatadogSite site,
        LiveToken token,
        OwnerId owner,
        long version,
        CancellationToken cancellationToken
    )
    {
        switch (await datadog.MintAsync(site, token.Value, cancellationToken))
        {
            case MintAnswer.Exists:
                return (new SetupStep.Done(ConnectionState.KeyLost, ConnectionReasons.KeyExists, null, null), null);
            case MintAnswer.NotPermitted:
                return (new SetupStep.Done(ConnectionState.Degraded, NotPermitted(connection), null, null), null);
            case MintAnswer.TryLater later:
                return (new SetupStep.Later(later.After), null);
            case MintAnswer.Minted minted:
                var key = new StoredSecret(version, minted.KeyId, minted.Key, site.Parameter.Text);
                var stored = await persist.UntilStoredAsync(
                    "new API key",
                    () => vault.StoreAsync(owner, SecretKinds.ApiKey, key, connection.Id, CancellationToken.None)
                );
                await auditor.WriteAsync(connection.Id, "api_key.minted", Auditor.Self, ("key", minted.KeyId));
                return stored ? (null, key) : (new SetupStep.Later(), null);
            default:
                throw new InvalidOperationException("Unknown answer.");
        }
    }

    // Which of the two it is (datadog-facts 2.6): the client or org withholds the scope, or the user the permission.
    private static string NotPermitted(Connection connection) =>
        Scopes.Missing(["api_keys_write"], connection.Scopes).Count > 0
            ? ConnectionReasons.KeyScopeMissing
            : ConnectionReasons.KeyNotPermitted;
}
