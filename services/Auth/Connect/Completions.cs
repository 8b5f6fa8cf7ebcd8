using System.Collections.Concurrent;
using Partner.Auth.Connections;
using Partner.Auth.Tokens;
using Partner.Contracts;

namespace Partner.Auth.Connect;

/// <summary>Callbacks that are being completed. They outlive their requests; the process waits for them when it
/// stops.</summary>
internal sealed partial class Completions(
    IServiceProvider services,
    Sealer sealer,
    SessionStore sessions,
    ILogger<Completions> logger
) : IHostedService
{
    private readonly ConcurrentDictionary<Task, bool> _running = [];

    /// <summary>Null: connected; else a reason of <see cref="Failures"/>.</summary>
    public Task<string?> Begin(Attempt attempt, ClientProfile client, CallbackVerdict.Go go)
    {
        var task = Task.Run(() => RunAsync(attempt, client, go));
        _running[task] = true;
        _ = task.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
        return task;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_running.Keys).WaitAsync(cancellationToken);

    private async Task<string?> RunAsync(Attempt attempt, ClientProfile client, CallbackVerdict.Go go)
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
            return Failures.Unavailable;
        }
    }

    private async Task<(ConnectSessionState State, string? Reason, ConnectionId? Connection)> CompleteAsync(
        Attempt attempt,
        ClientProfile client,
        CallbackVerdict.Go go
    )
    {
        var context = Attempt.VerifierContext(attempt.CookieHash);
        if (await sealer.OpenAsync(attempt.SealedVerifier, context, CancellationToken.None) is not { } verifier)
        {
            return (ConnectSessionState.Failed, Failures.Expired, null);
        }

        var result = await services
            .GetRequiredService<Authorization>()
            .RunAsync(attempt, client, go.Site, new Secret(go.Code), verifier, go.OrgName, CancellationToken.None);
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
            (ConnectionState.KeyLost, _) => Failures.KeyLost,
            (ConnectionState.Disconnected, Reasons.OrgInUse) => Failures.OrgInUse,
            (ConnectionState.Disconnected, Reasons.OtherOrg) => Failures.OtherOrg,
            (ConnectionState.Degraded, Reasons.KeyNotPermitted) => Failures.NotPermitted,
            (ConnectionState.Degraded, Reasons.KeyScopeMissing) => Failures.KeyScopeMissing,
            (ConnectionState.Degraded, Reasons.ScopesMissing or Reasons.ReadsRefused) => Failures.PartlyPermitted,
            (ConnectionState.Pending, _) => Failures.StillWorking,
            _ => Failures.CodeRefused,
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
