namespace Partner.Auth.Connect;

/// <summary>What happened and what to do, in words.</summary>
internal static class PageReasonTexts
{
    private const string No = "Not connected";
    private const string Part = "Connected in part";
    private const string AskSupport = "Start again. If it happens again, tell the support of {partner}.";

    public static readonly Dictionary<string, PageReason> Known = new()
    {
        [PageReasons.Denied] = new(
            No,
            "Datadog was not authorised.",
            "If that was not intended, start again and choose Authorize."
        ),
        [PageReasons.AppDisabled] = new(
            No,
            "Your Datadog organisation does not allow this application.",
            "Somebody with the permission to manage authorised apps can enable it in Datadog, under Organization "
                + "Settings, OAuth Apps. Then start again."
        ),
        [PageReasons.ClientSettings] = new(
            No,
            "Datadog refused the request itself: this integration and its settings at Datadog do not agree.",
            "You cannot change that. Tell the support of {partner}."
        ),
        [PageReasons.NeverReturned] = new(
            No,
            "Datadog was opened and did not send the browser back. It shows an error of its own, and tells nobody else, "
                + "when the integration's client ID is wrong, when its redirect URI is not the registered one, when its "
                + "client is not published yet and the organisation is another than the partner's own, or when an "
                + "administrator has disabled the application. Or somebody closed the page.",
            "Start again. If Datadog shows an error, an administrator can enable the application under Organization "
                + "Settings, OAuth Apps; the other causes are for the support of {partner}."
        ),
        [PageReasons.Interrupted] = new(No, "The connection was interrupted before it was complete.", "Start again."),
        [PageReasons.OtherBrowser] = new(
            No,
            "This browser has not started a connection, or does not keep cookies.",
            "Start again and stay in one browser."
        ),
        [PageReasons.Expired] = new(No, "More than 10 minutes passed before Datadog sent you back.", "Start again."),
        [PageReasons.Used] = new(
            "Nothing to do",
            "This answer of Datadog was used already.",
            "If {partner} does not show Datadog as connected, start again."
        ),
        [PageReasons.BadCallback] = new(No, "Datadog's answer was not what it should be.", AskSupport),
        [PageReasons.UnknownSite] = new(
            No,
            "The answer named a Datadog site that is not supported here.",
            "Tell the support of {partner} which Datadog site you use."
        ),
        [PageReasons.OtherSite] = new(
            No,
            "You came from one Datadog site and authorised on another.",
            "Start again from the tile in the Datadog organisation you want to connect."
        ),
        [PageReasons.OtherOrg] = new(
            No,
            "You authorised another Datadog organisation than the one this connection belongs to. Nothing has changed.",
            "Start again and choose the organisation that was connected before. A new organisation gets a connection "
                + "of its own."
        ),
        [PageReasons.CodeRefused] = new(No, "Datadog did not accept the authorisation.", AskSupport),
        [PageReasons.ClientRefused] = new(
            No,
            "Datadog does not accept this integration's own credentials at the moment.",
            "That is not your fault, and its operator has been told. Start again later."
        ),
        [PageReasons.DatadogUnavailable] = new(No, "Datadog did not answer.", "Start again in a few minutes."),
        [PageReasons.Unavailable] = new(No, "A part of this service does not answer.", "Start again in a few minutes."),
        [PageReasons.StillWorking] = new(
            "Not finished yet",
            "Datadog is authorised, and the rest goes on by itself.",
            "You may close this tab. When the connection is ready, {partner} shows it."
        ),
        [PageReasons.OrgInUse] = new(
            No,
            "This Datadog organisation is connected to another account of {partner}.",
            "Disconnect it there first, or ask the support of {partner}."
        ),
        [PageReasons.KeyLost] = new(
            "One step is left",
            "Your Datadog organisation has an API key of this integration whose value is no longer known, and Datadog "
                + "shows it only once.",
            "In Datadog, open Organization Settings, API Keys, and revoke the key that carries this integration's name. "
                + "Then connect again."
        ),
        [PageReasons.NotPermitted] = new(
            Part,
            "Datadog did not allow an API key to be made, so no data can be sent.",
            "Have someone connect who may manage API keys in your Datadog organisation."
        ),
        [PageReasons.KeyScopeMissing] = new(
            Part,
            "Your Datadog organisation does not give this integration the scope api_keys_write, so no data can be sent.",
            "An administrator can lift the restriction under Organization Settings, OAuth Apps. Then connect again."
        ),
        [PageReasons.PartlyPermitted] = new(
            Part,
            "Some of what this integration uses is not permitted.",
            "What is permitted works. For the rest, have someone with more permissions start from the tile in Datadog; "
                + "it asks for all that are needed."
        ),
        [PageReasons.Session] = new(
            "This link does not work",
            "It was used already, is more than 15 minutes old, or is not complete.",
            "Go back to {partner} and start again."
        ),
        [PageReasons.ReturnLink] = new(
            "This link does not work",
            "It is more than an hour old, or it was changed.",
            "Start again from the integration's tile in Datadog."
        ),
        [PageReasons.Form] = new(
            No,
            "The page was too old, or the browser does not keep cookies.",
            "Go back to {partner} and start again."
        ),
        [PageReasons.UnreadableForm] = new(
            No,
            "What the browser sent is not the form of this page.",
            "Go back to {partner} and start again."
        ),
        [PageReasons.TooMany] = new(
            "Too many requests",
            "Too many pages were asked for from your network.",
            "Wait a minute, then load this page again."
        ),
    };
}
