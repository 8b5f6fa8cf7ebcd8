using Partner.Auth.Datadog;

namespace Partner.Auth.Tokens;

/// <summary>
/// Why a refresh came to nothing although the grant may be alive: stable slugs, shown by the partner API beside the
/// connection's state, which they leave as it is (datadog-facts 2.6).
/// </summary>
internal static class RefreshProblems
{
    /// <summary>Ours to mend: Datadog takes none of the client's secrets.</summary>
    public const string ClientRefused = "client-refused";

    /// <summary>Ours to mend: Datadog refuses what is asked.</summary>
    public const string RequestRefused = "refresh-refused";

    /// <summary>429, 5xx, no answer.</summary>
    public const string DatadogUnavailable = "datadog-unavailable";

    /// <summary>An earlier attempt, whose answer was lost, may hold the living token.</summary>
    public const string Undecided = "undecided";

    /// <summary>Not Datadog's doing, so no connection shows it: the refresh token could not be read.</summary>
    public const string VaultUnavailable = "vault-unavailable";

    public static string? Of(TokenAnswer answer) =>
        answer switch
        {
            TokenAnswer.ClientRefused => ClientRefused,
            TokenAnswer.Refused => RequestRefused,
            TokenAnswer.TryLater => DatadogUnavailable,
            TokenAnswer.InvalidGrant => Undecided,
            _ => null,
        };
}
