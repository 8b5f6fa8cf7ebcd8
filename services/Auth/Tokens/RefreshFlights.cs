using System.Collections.Concurrent;
using Partner.Auth.Connections;

namespace Partner.Auth.Tokens;

/// <summary>
/// Within this process, callers that find the same token wanting share one refresh, and a site is asked for no more
/// than some at once: neither a wave of callers (faults F9) nor a site that hangs takes all there is.
/// </summary>
internal sealed class RefreshFlights(Refresher refresher)
{
    public const int AtOncePerSite = 32;

    private readonly SingleFlight<ConnectionId, RefreshOutcome> _refreshes = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = [];

    /// <param name="connection">As the caller saw it when it found the token wanting.</param>
    public Task<RefreshOutcome> RefreshAsync(Connection connection, CancellationToken cancellationToken) =>
        _refreshes.RunAsync(
            connection.Id,
            async () =>
            {
                var turns = _turns.GetOrAdd(connection.Site, _ => new SemaphoreSlim(AtOncePerSite));
                await turns.WaitAsync(CancellationToken.None);
                try
                {
                    return await refresher.RefreshAsync(connection.Id, connection.Generation);
                }
                finally
                {
                    turns.Release();
                }
            },
            cancellationToken
        );
}
