using System.Collections.Concurrent;
using Partner.Auth.Connections;
using Partner.Auth.Tokens;

namespace Partner.Auth.Connect;

/// <summary>Callbacks that are being completed. They outlive their requests; the process waits for them when it
/// stops.</summary>
internal sealed partial class CallbackWorker(
    Authorization authorization,
    Sealer sealer,
    ConnectSessionStore sessions,
    ILogger<CallbackWorker> logger
) : IHostedService
{
    private readonly ConcurrentDictionary<Task, bool> _running = [];

    /// <summary>Null: connected; else a reason of <see cref="PageReasons"/>.</summary>
    public Task<string?> Begin(ConnectAttempt attempt, ClientProfile client, CallbackVerdict.Go go)
    {
        var task = Task.Run(() => RunAsync(attempt, client, go));
        _running[task] = true;
        _ = task.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
        return task;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_running.Keys).WaitAsync(cancellationToken);

    private async Task<string?> RunAsync(ConnectAttempt attempt, ClientProfile client, CallbackVerdict.Go go)
    {
        try
        {
            var (state, reason, connection) = await CompleteAsync(attempt, client, go);
            await sessions.EndAsync(attempt.Session, state, reason, connection, CancellationToken.None);
            return reason;
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception.GetType().Name);
            return PageReasons.Unavailable;
        }
    }

    private async Task<(ConnectSessionState State, string? Reason, ConnectionId? Connection)> CompleteAsync(
        ConnectAttempt attempt,
        ClientProfile client,
        CallbackVerdict.Go go
    )
    {
        var context = ConnectAttempt.VerifierContext(attempt.CookieHash);
        if (await sealer.OpenAsync(attempt.SealedVerifier, context, CancellationToken.None) is not { } verifier)
        {
            return (ConnectSessionState.Failed, PageReasons.Expired, null);
        }

        var result = await authorization.RunAsync(
            attempt,
            client,
            go.Site,
            new Secret(go.Code),
            verifier,
            go.OrgName,
            CancellationToken.None
        );
        if (result is AuthorizationResult.Failed failed)
        {
            return (ConnectSessionState.Failed, failed.Reason, null);
        }

        var outcome = ((AuthorizationResult.Made)result).Outcome;
        var reason = Explain(outcome);
        return outcome.State == ConnectionState.Disconnected
            ? (ConnectSessionState.Failed, reason, attempt.Connection ?? outcome.Connection)
            : (ConnectSessionState.Authorized, reason, outcome.Connection);
    }

    private static string? Explain(SetupOutcome outcome) =>
        (outcome.State, outcome.Reason) switch
        {
            (ConnectionState.Connected, _) => null,
            (ConnectionState.KeyLost, _) => PageReasons.KeyLost,
            (ConnectionState.Disconnected, ConnectionReasons.OrgInUse) => PageReasons.OrgInUse,
            (ConnectionState.Disconnected, ConnectionReasons.OtherOrg) => PageReasons.OtherOrg,
            (ConnectionState.Degraded, ConnectionReasons.KeyNotPermitted) => PageReasons.NotPermitted,
            (ConnectionState.Degraded, ConnectionReasons.KeyScopeMissing) => PageReasons.KeyScopeMissing,
            (ConnectionState.Degraded, ConnectionReasons.ScopesMissing or ConnectionReasons.ReadsRefused) =>
                PageReasons.PartlyPermitted,
            (ConnectionState.Pending, _) => PageReasons.StillWorking,
            _ => PageReasons.CodeRefused,
        };

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "A callback could not be completed: {Exception}. What the vault has of it is gone on with."
        )]
        public static partial void Failed(ILogger logger, string exception);
    }
}
