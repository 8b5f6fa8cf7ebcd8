using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>
/// From a stored grant to a connection that can send: org, connection, API key. Begun by the callback, gone on with by
/// the worker where a process ended; every step may be repeated.
/// </summary>
internal sealed partial class ConnectionSetup(
    ConnectionStore connections,
    SetupStore setups,
    OrgProof proof,
    OrgClaim claim,
    KeySetup keys,
    VaultClient vault,
    ClientProfiles clients,
    SiteRegistry sites,
    TokenCache cache,
    CapabilityProbe probe,
    Auditor auditor,
    DatabaseClock time,
    Func<double> jitter,
    ILogger<ConnectionSetup> logger
)
{
    private static readonly TimeSpan Turn = TimeSpan.FromMinutes(2);

    public async Task<SetupOutcome> RunAsync(
        ConnectionId id,
        LiveToken token,
        string actor,
        CancellationToken cancellationToken
    )
    {
        if (!await setups.BeginAsync(id, Turn, cancellationToken))
        {
            return new SetupOutcome(id, ConnectionState.Pending, null);
        }

        try
        {
            var connection = (await connections.FindAsync(id, cancellationToken))!;
            return await StepAsync(connection, token, actor, cancellationToken);
        }
        catch (Exception exception)
            when (Problems.IsUnavailable(exception) && !cancellationToken.IsCancellationRequested)
        {
            Log.Interrupted(logger, id, exception.GetType().Name);
            await connections.SetNextStepAsync(id, time.GetUtcNow() + SetupOptions.Retry, CancellationToken.None);
            return new SetupOutcome(id, ConnectionState.Pending, null);
        }
        finally
        {
            await setups.EndAsync(id, CancellationToken.None);
        }
    }

    private async Task<SetupOutcome> StepAsync(
        Connection connection,
        LiveToken token,
        string actor,
        CancellationToken cancellationToken
    )
    {
        var client = clients.Get(connection.Profile);
        var site =
            sites.Find(connection.Site) ?? throw new InvalidOperationException("The site is not in the list any more.");
        var (org, step) = await proof.RunAsync(connection, client, site, token, cancellationToken);
        if (org is not null && connection.Org is { } before && before != org)
        {
            step = new SetupStep.Done(ConnectionState.Degraded, ConnectionReasons.KeyOfAnotherOrg, null, null);
        }
        else if (org is not null && !await MayBeAsync(connection, org, cancellationToken))
        {
            step = new SetupStep.Refused(ConnectionReasons.OtherOrg);
        }
        else if (org is not null)
        {
            connection = await claim.RunAsync(connection, org, cancellationToken);
            step = await keys.RunAsync(connection, client, site, org, token, cancellationToken);
        }

        return step is SetupStep.Done done
            ? await DoneAsync(connection, client, site, token, done, actor, cancellationToken)
            : await EndAsync(connection, step!, actor, cancellationToken);
    }

    // An older connection is authorised again by its own org and for its own tenant only.
    private async Task<bool> MayBeAsync(Connection connection, string org, CancellationToken cancellationToken) =>
        connection.Reauthorizes is not { } id
        || (
            await connections.FindAsync(id, cancellationToken) is { } older
            && (older.Org, older.Tenant, older.Profile) == (org, connection.Tenant, connection.Profile)
        );

    private async Task<SetupOutcome> DoneAsync(
        Connection connection,
        ClientProfile client,
        DatadogSite site,
        LiveToken token,
        SetupStep.Done done,
        string actor,
        CancellationToken cancellationToken
    )
    {
        var probes = await probe.RunAsync(connection, client, site, token, done.KeyId is not null);
        var missing = Scopes.Missing(client.Scopes, connection.Scopes);
        var (state, reason) = Scopes.Decide(done.State, done.Reason, missing, probes);
        if (connection.Scopes.Except(client.Scopes).ToList() is { Count: > 0 } more)
        {
            Log.MoreScopes(logger, connection.Id, string.Join(' ', more), client.Profile);
        }

        var now = time.GetUtcNow();
        var next = RefreshSchedule.AheadOf(now, connection.TokenExpiresAt ?? now, jitter());
        await setups.FinishAsync(
            connection.Id,
            state,
            reason,
            done.KeyOwner,
            done.KeyId,
            probes,
            next,
            cancellationToken
        );
        await auditor.WriteAsync(
            connection.Id,
            $"connection.{state.Text()}",
            actor,
            ("org", connection.Org),
            ("site", connection.Site),
            ("reason", reason),
            ("missing", missing.Count > 0 ? string.Join(' ', missing) : null)
        );
        return new SetupOutcome(connection.Id, state, reason);
    }

    private async Task<SetupOutcome> EndAsync(
        Connection connection,
        SetupStep step,
        string actor,
        CancellationToken cancellationToken
    )
    {
        switch (step)
        {
            case SetupStep.Refused refused:
                // The token is destroyed, not revoked: a revocation might take the other tenant's grant with it.
                await vault.ShredAsync(connection.TokenOwner!.Value, connection.Id, cancellationToken);
                await vault.DetachAsync(connection.Id, cancellationToken);
                await setups.RefuseAsync(connection.Id, refused.Reason, cancellationToken);
                await cache.RemoveAsync(connection.Id);
                await auditor.WriteAsync(connection.Id, "connection.refused", actor, ("reason", refused.Reason));
                return new SetupOutcome(connection.Id, ConnectionState.Disconnected, refused.Reason);
            case SetupStep.Later later:
                await connections.SetNextStepAsync(
                    connection.Id,
                    time.GetUtcNow() + (later.After ?? SetupOptions.Retry),
                    cancellationToken
                );
                return new SetupOutcome(connection.Id, ConnectionState.Pending, null);
            default:
                throw new InvalidOperationException("Unknown step.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "{Connection} was given more scopes than are needed: {Scopes}. Take them out of the client, or add them to Clients:{Profile}:Scopes."
        )]
        public static partial void MoreScopes(ILogger logger, ConnectionId connection, string scopes, string profile);

        [LoggerMessage(LogLevel.Warning, "The set-up of {Connection} stopped at {Exception}; it goes on in a minute")]
        public static partial void Interrupted(ILogger logger, ConnectionId connection, string exception);
    }
}
