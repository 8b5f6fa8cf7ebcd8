using Partner.Auth.Datadog;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>The outcome of a step of the set-up.</summary>
internal abstract record SetupStep
{
    public sealed record Done(ConnectionState State, string? Reason, OwnerId? KeyOwner, string? KeyId) : SetupStep;

    public sealed record Refused(string Reason) : SetupStep;

    public sealed record Later(TimeSpan? After = null) : SetupStep;
}

/// <summary>Finds or makes the one API key of a client in an org (datadog-facts 2.8).</summary>
internal sealed class KeySetup(VaultClient vault, DatadogAccountClient datadog, KeyMint mint, TimeProvider time)
{
    /// <summary>The org is proven. The vault has the owner's data key before Datadog is asked for a key.</summary>
    public async Task<SetupStep> RunAsync(
        Connection connection,
        ClientProfile client,
        DatadogSite site,
        string org,
        LiveToken token,
        CancellationToken cancellationToken
    )
    {
        var owner = await vault.ReserveAsync(
            OwnerReservation.ForOrg(client.ClientId, org, connection.Id),
            cancellationToken
        );
        if (!await vault.AttachAsync(connection.Id, new ApiKeyOwner(owner.Id, connection.Tenant), cancellationToken))
        {
            return new SetupStep.Refused(ConnectionReasons.OrgInUse);
        }

        var stored = owner.ApiKeyId is null
            ? null
            : await vault.ReadAsync(owner.Id, SecretKinds.ApiKey, connection.Id, cancellationToken);
        var answer = stored is null ? null : await datadog.ValidateAsync(site, stored, cancellationToken);
        if (answer is KeyAnswer.Valid)
        {
            await vault.RememberSiteAsync(owner.Id, stored!, site.Parameter.Text, connection.Id, cancellationToken);
        }

        return KeyDecision.Decide(stored, answer, org) switch
        {
            KeyDecision.Reuse reuse => new SetupStep.Done(ConnectionState.Connected, null, owner.Id, reuse.KeyId),
            KeyDecision.Mint next => await MintAsync(
                connection,
                site,
                org,
                token,
                owner.Id,
                next.Version,
                cancellationToken
            ),
            KeyDecision.Refuse => new SetupStep.Done(
                ConnectionState.Degraded,
                ConnectionReasons.KeyOfAnotherOrg,
                null,
                null
            ),
            _ => new SetupStep.Later(),
        };
    }

    /// <summary>Waits until a new key is active, and returns its org: that takes Datadog some seconds (datadog-facts
    /// 3.8).</summary>
    public async Task<KeyAnswer> ProveAsync(DatadogSite site, StoredSecret key, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var answer = await datadog.ValidateAsync(site, key, cancellationToken);
            if (
                answer is KeyAnswer.Valid or KeyAnswer.OfAnotherSite
                || time.GetElapsedTime(since) > SetupOptions.KeySettles
            )
            {
                return answer;
            }

            await Task.Delay(SetupOptions.BetweenProofs, time, cancellationToken);
        }
    }

    private async Task<SetupStep> MintAsync(
        Connection connection,
        DatadogSite site,
        string org,
        LiveToken token,
        OwnerId owner,
        long version,
        CancellationToken cancellationToken
    )
    {
        var (step, key) = await mint.RunAsync(connection, site, token, owner, version, cancellationToken);
        if (key is null)
        {
            return step!;
        }

        return await ProveAsync(site, key, cancellationToken) switch
        {
            KeyAnswer.Valid { Org: { } other } when other != org => new SetupStep.Done(
                ConnectionState.Degraded,
                ConnectionReasons.KeyOfAnotherOrg,
                null,
                null
            ),
            // Where v2 does not answer, the org's own token made the key a moment ago.
            KeyAnswer.Valid => new SetupStep.Done(ConnectionState.Connected, null, owner, key.KeyId),
            _ => new SetupStep.Later(),
        };
    }
}
