namespace Partner.Auth.Connect;

/// <summary>
/// Ends sessions that no callback will end any more, and removes rows that no page looks at any more.
/// </summary>
internal sealed class ConnectSweep(ConnectSessionStore sessions, ConnectAttemptStore attempts, TileStore tiles)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await sessions.EndUnfinishedAsync(cancellationToken);
        await sessions.RemoveOldAsync(cancellationToken);
        await attempts.RemoveOldAsync(cancellationToken);
        await tiles.RemoveOldAsync(cancellationToken);
    }
}
