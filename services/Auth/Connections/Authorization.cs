using Partner.Auth.Connect;
using Partner.Auth.Datadog;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>How a code ended, if not as a connection.</summary>
internal abstract record AuthorizationResult
{
    public sealed record Made(SetupOutcome Outcome) : AuthorizationResult;

    public sealed record Failed(string Reason) : AuthorizationResult;
}

/// <summary>Turns a code into a grant that the vault keeps, and goes on to the set-up.</summary>
internal sealed partial class Authorization(
    VaultClient vault,
    SetupStore setups,
    DatadogOAuthClient datadog,
    TokenStore tokens,
    ConnectSessionStore sessions,
    Sealer sealer,
    StoreRetry persist,
    ConnectionSetup setup,
    DatabaseClock time,
    ILogger<Authorization> logger
)
{
    /// <summary>Without a vault that has confirmed a place for the token, the code is not even exchanged.</summary>
    public async Task<AuthorizationResult> RunAsync(
        ConnectAttempt attempt,
        ClientProfile client,
        DatadogSite site,
        Secret code,
        Secret verifier,
        string? orgName,
        CancellationToken cancellationToken
    )
    {
        var id = ConnectionId.New();
        var owner = await vault.ReserveAsync(OwnerReservation.ForConnection(id), cancellationToken);
        await setups.AddAsync(
            id,
            attempt.Tenant,
            client.Profile,
            site.Parameter.Text,
            orgName,
            owner.Id,
            attempt.Connection,
            time.GetUtcNow() + SetupOptions.ResumeAfter,
            cancellationToken
        );

        var asked = time.GetUtcNow();
        var answer = await datadog.ExchangeAsync(site, client, code, verifier, attempt.RedirectUri, cancellationToken);
        if (answer is TokenAnswer.Granted { Refresh: { } refresh } grant)
        {
            var token = await KeepAsync(id, owner.Id, site, refresh, grant, asked);
            await sessions.EndAsync(
                attempt.Session,
                ConnectSessionState.Authorized,
                PageReasons.StillWorking,
                id,
                CancellationToken.None
            );
            return new AuthorizationResult.Made(
                await setup.RunAsync(id, token, $"tenant:{attempt.Tenant}", cancellationToken)
            );
        }

        await setups.RemoveAsync(id, CancellationToken.None);
        await vault.ShredAsync(owner.Id, id, CancellationToken.None);
        return new AuthorizationResult.Failed(Explain(answer, client, site));
    }

    private async Task<LiveToken> KeepAsync(
        ConnectionId id,
        OwnerId owner,
        DatadogSite site,
        Secret refresh,
        TokenAnswer.Granted grant,
        DateTimeOffset asked
    )
    {
        var secret = new StoredSecret(1, null, RefreshTokenText.Of(site.Parameter.Text, refresh));
        await persist.UntilStoredAsync(
            "new grant",
            () => vault.StoreAsync(owner, SecretKinds.RefreshToken, secret, id, CancellationToken.None)
        );
        var token = new LiveToken(id, 1, site.Parameter.Text, asked + grant.Life, grant.Access);
        var sealedToken = await sealer.SealAsync(token.Value, token.Context, CancellationToken.None);
        await tokens.CommitAsync(
            token,
            sealedToken,
            0,
            grant.Scopes,
            time.GetUtcNow() + SetupOptions.ResumeAfter,
            null,
            CancellationToken.None
        );
        return token;
    }

    private string Explain(TokenAnswer answer, ClientProfile client, DatadogSite site)
    {
        Log.NotExchanged(
            logger,
            answer.GetType().Name,
            (answer as TokenAnswer.Refused)?.Code ?? "none",
            site.Parameter.Text
        );
        if (answer is TokenAnswer.ClientRefused)
        {
            Log.ClientRefused(logger, client.Profile, site.Parameter.Text);
        }

        return answer switch
        {
            TokenAnswer.ClientRefused => PageReasons.ClientRefused,
            TokenAnswer.TryLater => PageReasons.DatadogUnavailable,
            _ => PageReasons.CodeRefused,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A code was not exchanged: {Answer} ({Code}) from {Site}")]
        public static partial void NotExchanged(ILogger logger, string answer, string code, string site);

        [LoggerMessage(
            LogLevel.Error,
            "Datadog refuses the client secret of profile {Profile} on {Site}. Set the one in force in Clients:{Profile}:Secrets:0."
        )]
        public static partial void ClientRefused(ILogger logger, string profile, string site);
    }
}
