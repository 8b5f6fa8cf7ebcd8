using Partner.Auth.Connections;
using Partner.Auth.Datadog;
using Partner.Egress;

namespace Partner.Auth.Tokens;

/// <summary>One attempt to refresh, under the connection's lease.</summary>
internal sealed partial class Refresher(
    ConnectionStore connections,
    LeaseStore leases,
    TokenStore tokens,
    VaultClient vault,
    DatadogOAuthClient datadog,
    ClientProfiles clients,
    SiteRegistry sites,
    Sealer sealer,
    TokenCache cache,
    StoreRetry persist,
    Auditor auditor,
    ScopeWatch scopes,
    AuthMetrics metrics,
    DatabaseClock time,
    Func<double> jitter,
    ILogger<Refresher> logger
)
{
    /// <summary>With two secrets to try, and less than the lease.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="generation">The generation that the caller found wanting.</param>
    public async Task<RefreshOutcome> RefreshAsync(ConnectionId id, long generation)
    {
        var connection = await connections.FindAsync(id, CancellationToken.None);
        if (connection is not { HasGrant: true })
        {
            return new RefreshOutcome.NoGrant();
        }

        if (connection.Generation != generation)
        {
            return new RefreshOutcome.Moved();
        }

        if (await leases.TryAcquireAsync(id, generation, CancellationToken.None) is { } lease)
        {
            return await HoldingAsync(connection, lease);
        }

        return await leases.FindPauseAsync(id, generation, CancellationToken.None) is { } pause
            ? new RefreshOutcome.TryLater(pause)
            : new RefreshOutcome.Busy();
    }

    private async Task<RefreshOutcome> HoldingAsync(Connection connection, Lease lease)
    {
        StoredSecret? stored;
        try
        {
            stored = await vault.ReadAsync(
                connection.TokenOwner!.Value,
                SecretKinds.RefreshToken,
                connection.Id,
                CancellationToken.None
            );
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            metrics.Refreshed(RefreshProblems.VaultUnavailable);
            return await RetryAsync(connection, lease, RefreshSchedule.AfterFailure(0, jitter()), undecided: false);
        }

        if (stored is null)
        {
            return await GiveUpAsync(connection, lease, ConnectionReasons.TokenMissing);
        }

        if (stored.Version != connection.Generation)
        {
            await tokens.AdoptAsync(connection.Id, connection.Generation, stored.Version, CancellationToken.None);
            await leases.ReleaseAsync(connection.Id, lease, TimeSpan.Zero, undecided: false, CancellationToken.None);
            // Nobody has the access token of the generation that was adopted, and the cache has the one before it.
            await cache.RemoveAsync(connection.Id);
            return await RefreshAsync(connection.Id, stored.Version);
        }

        if (
            sites.Find(connection.Site) is not { } site
            || RefreshTokenText.For(connection.Site, stored.Value) is not { } token
        )
        {
            Log.AnotherSite(logger, connection.Id, connection.Site);
            await connections.SetStateAsync(
                connection.Id,
                ConnectionState.Degraded,
                ConnectionReasons.TokenOfAnotherSite,
                CancellationToken.None
            );
            return await RetryAsync(
                connection,
                lease,
                RefreshSchedule.AfterFailure(connection.RefreshFailures, jitter()),
                undecided: false
            );
        }

        return await AskAsync(connection, lease, site, token);
    }

    private async Task<RefreshOutcome> AskAsync(Connection connection, Lease lease, DatadogSite site, Secret token)
    {
        var asked = time.GetUtcNow();
        using var patience = new ProcessTimeout(Patience, time);
        var answer = await datadog.RefreshAsync(site, clients.Get(connection.Profile), token, patience.Token);
        switch (RefreshDecision.Decide(answer, lease.UndecidedFor, connection.RefreshFailures, jitter()))
        {
            case RefreshDecision.Store { Grant: var grant }:
                return await StoreAsync(connection, lease, site, token, grant, asked);
            case RefreshDecision.GiveUp { Reason: var reason }:
                return await GiveUpAsync(connection, lease, reason);
            case RefreshDecision.Retry retry:
                LogRetry(connection, answer, retry);
                metrics.Refreshed(RefreshProblems.Of(answer)!);
                return await RetryAsync(connection, lease, retry.After, retry.Undecided, RefreshProblems.Of(answer));
            default:
                throw new InvalidOperationException("Unknown decision.");
        }
    }

    // The new refresh token is durable before the new access token is used (security 41).
    private async Task<RefreshOutcome> StoreAsync(
        Connection connection,
        Lease lease,
        DatadogSite site,
        Secret old,
        TokenAnswer.Granted grant,
        DateTimeOffset asked
    )
    {
        var next = connection.Generation + 1;
        var refresh = grant.Refresh ?? old;
        var secret = new StoredSecret(next, null, RefreshTokenText.Of(connection.Site, refresh));
        var stored = await persist.UntilStoredAsync(
            "new refresh token",
            () =>
                vault.StoreAsync(
                    connection.TokenOwner!.Value,
                    SecretKinds.RefreshToken,
                    secret,
                    connection.Id,
                    CancellationToken.None
                ),
            () => leases.RenewAsync(connection.Id, lease, CancellationToken.None)
        );
        var token = new LiveToken(connection.Id, next, connection.Site, asked + grant.Life, grant.Access);
        var sealedToken = await sealer.SealAsync(token.Value, token.Context, CancellationToken.None);
        var nextStep = RefreshSchedule.Next(time.GetUtcNow(), token.ExpiresAt, connection.LastUsedAt, jitter());
        if (
            stored
            && await tokens.CommitAsync(
                token,
                sealedToken,
                connection.Generation,
                Scopes.Told(grant.Scopes, connection.Scopes),
                nextStep,
                lease,
                CancellationToken.None
            )
        )
        {
            metrics.Refreshed("refreshed");
            await cache.SetAsync(token, sealedToken);
            await scopes.AfterRefreshAsync(connection, grant.Scopes);
            return new RefreshOutcome.Refreshed(token);
        }

        return await DropAsync(connection, lease, site, refresh);
    }

    // Another attempt was faster, or the connection was given up meanwhile; then only this code ever revokes this
    // grant.
    private async Task<RefreshOutcome> DropAsync(Connection connection, Lease lease, DatadogSite site, Secret refresh)
    {
        var current = await connections.FindAsync(connection.Id, CancellationToken.None);
        if (current is null or { State: ConnectionState.Disconnected })
        {
            await datadog.RevokeAsync(site, clients.Get(connection.Profile), refresh, CancellationToken.None);
        }

        await leases.ReleaseAsync(connection.Id, lease, TimeSpan.Zero, undecided: false, CancellationToken.None);
        return new RefreshOutcome.Moved();
    }

    private async Task<RefreshOutcome> GiveUpAsync(Connection connection, Lease lease, string reason)
    {
        var gaveUp = await tokens.GiveUpAsync(connection.Id, connection.Generation, reason, CancellationToken.None);
        await leases.ReleaseAsync(connection.Id, lease, TimeSpan.Zero, undecided: false, CancellationToken.None);
        if (!gaveUp)
        {
            return new RefreshOutcome.Moved();
        }

        Log.GaveUp(logger, connection.Id, reason);
        metrics.Refreshed("grant_ended");
        await cache.RemoveAsync(connection.Id);
        await auditor.WriteAsync(connection.Id, "token.refresh_failed", Auditor.Self, ("reason", reason));
        return new RefreshOutcome.NoGrant();
    }

    private async Task<RefreshOutcome> RetryAsync(
        Connection connection,
        Lease lease,
        TimeSpan after,
        bool undecided,
        string? problem = null
    )
    {
        await tokens.PostponeAsync(connection.Id, time.GetUtcNow() + after, problem, CancellationToken.None);
        await leases.ReleaseAsync(connection.Id, lease, after, undecided, CancellationToken.None);
        return new RefreshOutcome.TryLater(after);
    }

    private void LogRetry(Connection connection, TokenAnswer answer, RefreshDecision.Retry retry)
    {
        if (answer is TokenAnswer.Refused refused)
        {
            Log.Refused(logger, connection.Profile, connection.Site, refused.Status, refused.Code ?? "none");
        }
        else if (retry.OurFault)
        {
            Log.ClientRefused(logger, connection.Profile, connection.Site);
        }
        else
        {
            Log.Retry(logger, connection.Id, answer.GetType().Name, retry.After);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Refresh of {Connection} is tried again after {Pause}: {Answer}")]
        public static partial void Retry(ILogger logger, ConnectionId connection, string answer, TimeSpan pause);

        [LoggerMessage(LogLevel.Warning, "{Connection} has to be authorised again: {Reason}")]
        public static partial void GaveUp(ILogger logger, ConnectionId connection, string reason);

        [LoggerMessage(
            LogLevel.Error,
            "Datadog refuses the client secret of profile {Profile} on {Site}. Set Clients:{Profile}:Secrets:0 to the one in force; connections wait meanwhile."
        )]
        public static partial void ClientRefused(ILogger logger, string profile, string site);

        [LoggerMessage(
            LogLevel.Error,
            "Datadog refuses refreshes of profile {Profile} on {Site} with {Status}, {Code}. Check the client's settings."
        )]
        public static partial void Refused(ILogger logger, string profile, string site, int status, string code);

        [LoggerMessage(
            LogLevel.Error,
            "{Connection} has no refresh token for {Site}: its row was changed, or the site is not in the list. Nothing was sent."
        )]
        public static partial void AnotherSite(ILogger logger, ConnectionId connection, string site);
    }
}
