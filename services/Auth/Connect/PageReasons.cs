namespace Partner.Auth.Connect;

/// <summary>
/// Why connecting ended, as a slug of a fixed list: nothing that came from outside is shown (security 11). The slug is
/// the session's reason, too.
/// </summary>
internal static class PageReasons
{
    public const string Denied = "denied";
    public const string AppDisabled = "app-disabled";
    public const string ClientSettings = "client-settings";
    public const string NeverReturned = "never-returned";
    public const string Interrupted = "interrupted";
    public const string OtherBrowser = "other-browser";
    public const string Expired = "expired";
    public const string Used = "used";
    public const string BadCallback = "bad-callback";
    public const string UnknownSite = "unknown-site";
    public const string OtherSite = "other-site";
    public const string OtherOrg = "other-org";
    public const string CodeRefused = "code-refused";
    public const string ClientRefused = "client-refused";
    public const string DatadogUnavailable = "datadog-unavailable";
    public const string Unavailable = "unavailable";
    public const string StillWorking = "still-working";
    public const string OrgInUse = "org-in-use";
    public const string KeyLost = "key-lost";
    public const string NotPermitted = "not-permitted";
    public const string KeyScopeMissing = "key-scope-missing";
    public const string PartlyPermitted = "partly-permitted";
    public const string Session = "session";
    public const string ReturnLink = "return-link";
    public const string Form = "form";
    public const string UnreadableForm = "unreadable-form";
    public const string TooMany = "too-many";

    public static PageReason Of(string? reason) =>
        PageReasonTexts.Known.GetValueOrDefault(reason ?? "")
        ?? new("Not connected", "Something went wrong.", "Start again.");

    /// <summary>From the <c>error</c> of a callback (RFC 6749 4.1.2.1; datadog-facts 2.6).</summary>
    public static string OfError(string? error) =>
        error switch
        {
            "access_denied" => Denied,
            "unauthorized_client" => AppDisabled,
            "server_error" or "temporarily_unavailable" => DatadogUnavailable,
            _ => ClientSettings,
        };
}

internal sealed record PageReason(string Title, string What, string Next);
