namespace Partner.Auth.Connections;

/// <summary>How far a set-up came, for the browser's last page and the worker.</summary>
/// <param name="Connection">The connection that it is now: on reconnecting, the older one.</param>
internal sealed record SetupOutcome(ConnectionId Connection, ConnectionState State, string? Reason);
