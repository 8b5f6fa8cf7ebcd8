using Partner.Auth.Tokens;
using Partner.Contracts;
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
    Auditor auditor,
    DatabaseClock time,
    Func<double> chance,
    ILogger<ConnectionSetup> logger)
{
    private static readonly TimeSpan Turn = TimeSpan.FromMinutes(2);

    public async Task<SetupOutcome> RunAsync(ConnectionId id, LiveToken token, string actor,
        CancellationToken cancellationToken)
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
        catch (Exception exception) when (Partner.ServiceDefaults.Problems.IsUnavailable(exception)
            && !cancellationToken.IsCancellationRequested)
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

    private async Task<SetupOutcome> StepAsync(Connection connection, LiveToken token, string actor,
        CancellationToken cancellationToken)
    {
        var client = clients.Get(connection.Profile);
        var site = sites.Find(connection.Site)
            ?? throw new InvalidOperationException("The site is not in the list any more.");
        var (org, step) = await proof.RunAsync(connection, client, site, token, cancellationToken);
        if (org is not null && connection.Org is { } before && before != org)
        {
            step = new SetupStep.Done(ConnectionState.Degraded, Reasons.KeyOfAnotherOrg, null, null);
        }
        else if (org is not null)
        {
            connection = await claim.RunAsync(connection, org, cancellationToken);
            step = await keys.RunAsync(connection, client, site, org, token, cancellationToken);
        }

        return await EndAsync(connection, step!, actor, cancellationToken);
    }

    private async Task<SetupOutcome> EndAsync(Connection connection, SetupStep step, string actor,
        CancellationToken cancellationToken)
    {
        switch (step)
        {
            case SetupStep.Done done:
                var now = time.GetUtcNow();
                var next = RefreshSchedule.AheadOf(now, connection.TokenExpiresAt ?? now, chance());
                await setups.FinishAsync(connection.Id, done.State, done.Reason, done.KeyOwner, done.KeyId, next,
                    cancellationToken);
                await auditor.WriteAsync(
                    connection.Id, $"connection.{done.State.Text()}", actor, ("org", connection.Org), ("site",
                    connection.Site), ("reason", done.Reason));
                return new SetupOutcome(connection.Id, done.State, done.Reason);
            case SetupStep.Refused refused:
                // The token is destroyed, not revoked: a revocation might take the other tenant's grant with it.
                await vault.ShredAsync(connection.TokenOwner!.Value, connection.Id, cancellationToken);
                await setups.RefuseAsync(connection.Id, refused.Reason, cancellationToken);
                await cache.RemoveAsync(connection.Id);
                await auditor.WriteAsync(connection.Id, "connection.refused", actor, ("reason", refused.Reason));
                return new SetupOutcome(connection.Id, ConnectionState.Disconnected, refused.Reason);
            case SetupStep.Later later:
                await connections.SetNextStepAsync(connection.Id,
                    time.GetUtcNow() + (later.After ?? SetupOptions.Retry), cancellationToken);
                return new SetupOutcome(connection.Id, ConnectionState.Pending, null);
            default:
                throw new InvalidOperationException("Unknown step.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The set-up of {Connection} stopped at {Exception}; it goes on in a minute")]
        public static partial void Interrupted(ILogger logger, ConnectionId connection, string exception);
    }
}
