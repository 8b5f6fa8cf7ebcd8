using Partner.Auth.Datadog;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>
/// A sender was refused: do the grant and the key still live? Callers that ask at the same time share one answer, and
/// no more than a few connections are asked about at once.
/// </summary>
internal sealed class ConnectionCheckup(Checker checker) : IDisposable
{
    private const int AtOnce = 16;

    private readonly SingleFlight<ConnectionId, ConnectionCheck?> _checks = new();
    private readonly SemaphoreSlim _turns = new(AtOnce);

    public Task<ConnectionCheck?> RunAsync(ConnectionId id, CancellationToken cancellationToken) =>
        _checks.RunAsync(
            id,
            async () =>
            {
                await _turns.WaitAsync(CancellationToken.None);
                try
                {
                    return await checker.RunAsync(id);
                }
                finally
                {
                    _turns.Release();
                }
            },
            cancellationToken
        );

    public void Dispose() => _turns.Dispose();
}

/// <summary>One check.</summary>
internal sealed class Checker(
    ConnectionStore connections,
    VaultClient vault,
    DatadogAccountClient datadog,
    RefreshFlights flights,
    SiteRegistry sites,
    Auditor auditor,
    DatabaseClock time
)
{
    /// <summary>A refresh that is younger than this has said already that the grant lives.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    public async Task<ConnectionCheck?> RunAsync(ConnectionId id)
    {
        var connection = await connections.FindAsync(id, CancellationToken.None);
        if (connection is not { HasGrant: true })
        {
            return connection is null ? null : new ConnectionCheck(connection.State, connection.Reason, null);
        }

        var keyValid = await ValidateAsync(connection);
        if (!(connection.RefreshedAt > time.GetUtcNow() - Fresh))
        {
            await flights.RefreshAsync(connection, CancellationToken.None);
            connection = (await connections.FindAsync(id, CancellationToken.None))!;
        }

        var (state, reason) = Decide(connection.State, connection.Reason, keyValid);
        if (
            (state, reason) != (connection.State, connection.Reason)
            && await connections.SetStateAsync(id, state, reason, CancellationToken.None)
        )
        {
            await auditor.WriteAsync(id, $"connection.{state.Text()}", Auditor.Self, ("reason", reason));
        }

        return new ConnectionCheck(state, reason, keyValid);
    }

    /// <summary>Only a connection that works, or whose key was rejected before, changes by what validate
    /// says.</summary>
    internal static (ConnectionState State, string? Reason) Decide(
        ConnectionState state,
        string? reason,
        bool? keyValid
    ) =>
        (state, reason, keyValid) switch
        {
            (ConnectionState.Connected, _, false)
            or (ConnectionState.Degraded, ConnectionReasons.ScopesMissing or ConnectionReasons.ReadsRefused, false) => (
                ConnectionState.Degraded,
                ConnectionReasons.KeyRejected
            ),
            (ConnectionState.Degraded, ConnectionReasons.KeyRejected, true) => (ConnectionState.Connected, null),
            _ => (state, reason),
        };

    private async Task<bool?> ValidateAsync(Connection connection)
    {
        if (
            connection.KeyOwner is not { } owner
            || sites.Find(connection.Site) is not { } site
            || await vault.ReadAsync(owner, SecretKinds.ApiKey, connection.Id, CancellationToken.None) is not { } key
        )
        {
            return null;
        }

        var answer = await datadog.ValidateAsync(site, key, CancellationToken.None);
        if (answer is KeyAnswer.Valid)
        {
            await vault.RememberSiteAsync(owner, key, connection.Site, connection.Id, CancellationToken.None);
        }

        return answer switch
        {
            KeyAnswer.Valid => true,
            // New keys are refused for some seconds (datadog-facts 3.8).
            KeyAnswer.Rejected when connection.KeySince < time.GetUtcNow() - SetupOptions.KeySettles => false,
            _ => null,
        };
    }
}
