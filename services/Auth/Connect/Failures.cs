namespace Partner.Auth.Connect;

/// <summary>Why connecting ended, as a slug of a fixed list: nothing that came from outside is shown.</summary>
internal static class Failures
{
    public const string Denied = "denied";
    public const string OtherBrowser = "other-browser";
    public const string Expired = "expired";
    public const string Used = "used";
    public const string BadCallback = "bad-callback";
    public const string UnknownSite = "unknown-site";
    public const string OtherSite = "other-site";
    public const string CodeRefused = "code-refused";
    public const string DatadogUnavailable = "datadog-unavailable";
    public const string Unavailable = "unavailable";
    public const string StillWorking = "still-working";
    public const string OrgInUse = "org-in-use";
    public const string KeyLost = "key-lost";
    public const string NotPermitted = "not-permitted";
    public const string Session = "session";
    public const string Form = "form";
    public const string TooMany = "too-many";

    private static readonly Dictionary<string, Failure> Known = new()
    {
        [Denied] = new("Not connected", "Datadog was not authorised.",
            "If that was not intended, start again and choose Authorize."),
        [OtherBrowser] = new("Not connected", "This browser has not started a connection, or does not keep cookies.",
        "Start again and stay in one browser."),
        [Expired] = new("Not connected", "More than 10 minutes passed before Datadog sent you back.", "Start again."),
        [Used] = new("Nothing to do", "This answer of Datadog was used already.",
        "If your product does not show Datadog as connected, start again."),
        [BadCallback] = new("Not connected", "Datadog's answer was not what it should be.",
        "Start again. If it happens again, tell your product's support."),
        [UnknownSite] = new("Not connected", "The answer named a Datadog site that is not supported here.",
        "Tell your product's support which Datadog site you use."),
        [OtherSite] = new("Not connected", "You came from one Datadog site and authorised on another.",
        "Start again from the tile in the Datadog organisation you want to connect."),
        [CodeRefused] = new("Not connected", "Datadog did not accept the authorisation.",
        "Start again. If it happens again, tell your product's support."),
        [DatadogUnavailable] = new("Not connected", "Datadog did not answer.", "Start again in a few minutes."),
        [Unavailable] = new("Not connected", "A part of this service does not answer.",
        "Start again in a few minutes."),
        [StillWorking] = new("Not finished yet", "Datadog is authorised, and the rest goes on by itself.",
        "You may close this tab. Your product shows when the connection is ready."),
        [OrgInUse] = new("Not connected", "This Datadog organisation is connected to another account of your product.",
        "Disconnect it there first, or ask your product's support."),
        [KeyLost] = new(
            "One step is left",
            "Your Datadog organisation has an API key of this integration whose value is no longer known, and Datadog shows it only once.",
            "In Datadog, open Organization Settings, API Keys, and revoke the key that carries this integration's name. Then connect again."),
        [NotPermitted] = new(
            "Connected in part",
            "Datadog did not allow an API key to be made, so no data can be sent.",
            "Have someone connect who may manage API keys in your Datadog organisation."),
        [Session] = new("This link does not work",
        "It was used already, is more than 15 minutes old, or is not complete.",
        "Go back to your product and start again."),
        [Form] = new("Not connected", "The page was too old, or the browser does not keep cookies.",
        "Go back to your product and start again."),
        [TooMany] = new("Too many requests", "Too many pages were asked for from your network.",
        "Wait a minute, then load this page again."),
    };

    public static Failure Of(string? reason) =>
        Known.GetValueOrDefault(reason ?? "") ?? new("Not connected", "Something went wrong.", "Start again.");
}

internal sealed record Failure(string Title, string What, string Next);
