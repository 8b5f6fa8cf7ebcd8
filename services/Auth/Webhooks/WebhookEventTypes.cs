namespace Partner.Auth.Webhooks;

/// <summary>
/// Written by the triggers in 005_webhooks.sql, which makes them of the states' names, and 007_session_events.sql.
/// </summary>
internal static class WebhookEventTypes
{
    public const string Test = "webhook.test";

    public static readonly string[] All =
    [
        "connection.connected",
        "connection.degraded",
        "connection.reauthorize",
        "connection.key_lost",
        "connection.disconnected",
        "connection.site_changed",
        "connect_session.abandoned",
    ];
}
