using System.Text.Json;

namespace Partner.Gateway;

/// <summary>
/// Why the gateway itself answers 503: each of these passes, and the same request may then succeed. There are no
/// others; PROBLEMS.md says of each what to do.
/// </summary>
internal enum UnavailableCause
{
    /// <summary>The table of ingest keys has not been loaded, or is too old to be believed.</summary>
    KeysUnknown,

    /// <summary>A key is not in the table, and auth cannot be asked whether it was made a moment ago.</summary>
    KeyUnconfirmed,

    /// <summary>The same of a partner credential.</summary>
    CredentialUnconfirmed,

    /// <summary>No connection to the service could be made.</summary>
    ServiceUnreachable,

    /// <summary>The connection ended before the answer.</summary>
    ServiceBrokeOff,

    /// <summary>The service was silent for too long.</summary>
    ServiceTimedOut,

    /// <summary>The service does not accept this gateway's own token: a clock or a key is wrong, and no client's.</summary>
    ServiceRefusesGateway,
}

internal static class UnavailableCauses
{
    /// <summary>As logs, metrics and problem details name it.</summary>
    public static string Text(this UnavailableCause cause) =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(cause.ToString());
}
