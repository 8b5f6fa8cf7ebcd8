namespace Partner.Auth.Connections;

/// <summary>
/// Compares a grant's scopes with the needed ones. A grant can shrink without notice: an org's admins can restrict a
/// client's scopes (datadog-facts 2.7), and a user who lacks permissions may authorise (2.1).
/// </summary>
internal static class Scopes
{
    /// <summary>An answer without scopes says that nothing has changed (RFC 6749 5.1).</summary>
    public static IReadOnlyList<string> Told(IReadOnlyList<string> answered, IReadOnlyList<string> before) =>
        answered.Count > 0 ? answered : before;

    /// <summary>Empty where the grant's scopes were never told.</summary>
    public static IReadOnlyList<string> Missing(IEnumerable<string> needed, IReadOnlyList<string> granted) =>
        granted.Count == 0 ? [] : [.. needed.Except(granted).Order(StringComparer.Ordinal)];

    /// <summary>
    /// A connection that works is degraded by a scope that it lost, and works again when it is back; every other state
    /// says something that is worse.
    /// </summary>
    public static (ConnectionState State, string? Reason) Decide(
        ConnectionState state,
        string? reason,
        IReadOnlyList<string> missing
    ) =>
        (state, reason, missing.Count) switch
        {
            (ConnectionState.Connected, _, > 0) or (ConnectionState.Degraded, ConnectionReasons.ReadsRefused, > 0) => (
                ConnectionState.Degraded,
                ConnectionReasons.ScopesMissing
            ),
            (ConnectionState.Degraded, ConnectionReasons.ScopesMissing, 0) => (ConnectionState.Connected, null),
            _ => (state, reason),
        };

    /// <summary>At the end of a set-up, with what was tried.</summary>
    public static (ConnectionState State, string? Reason) Decide(
        ConnectionState state,
        string? reason,
        IReadOnlyList<string> missing,
        ProbeResults probes
    )
    {
        var decided = Decide(state, reason, missing);
        return decided.State == ConnectionState.Connected && probes.AnyRefused
            ? (ConnectionState.Degraded, ConnectionReasons.ReadsRefused)
            : decided;
    }
}

/// <summary>Compares the scopes that a refresh gave with those before it and with those that are needed.</summary>
internal sealed class ScopeWatch(ConnectionStore connections, ClientProfiles clients, Auditor auditor)
{
    /// <param name="connection">As it was before the refresh.</param>
    public async Task AfterRefreshAsync(Connection connection, IReadOnlyList<string> granted)
    {
        if (granted.Count == 0 || granted.SequenceEqual(connection.Scopes))
        {
            return;
        }

        await auditor.WriteAsync(
            connection.Id,
            "connection.scopes_changed",
            Auditor.Self,
            ("from", string.Join(' ', connection.Scopes)),
            ("scopes", string.Join(' ', granted))
        );
        if (clients.Find(connection.Profile) is not { } client)
        {
            return;
        }

        var missing = Scopes.Missing(client.Scopes, granted);
        var (state, reason) = Scopes.Decide(connection.State, connection.Reason, missing);
        if (
            (state, reason) != (connection.State, connection.Reason)
            && await connections.MoveStateAsync(connection, state, reason, CancellationToken.None)
        )
        {
            await auditor.WriteAsync(
                connection.Id,
                $"connection.{state.Text()}",
                Auditor.Self,
                ("reason", reason),
                ("missing", string.Join(' ', missing))
            );
        }
    }
}
