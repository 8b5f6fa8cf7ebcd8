namespace Partner.Gateway.Browser;

/// <summary>
/// What Datadog's SDK for browsers is told to send to. Client tokens work below this and nowhere else, so it is also
/// what tells a page's lines of JSON from the lines of text that others send to <c>/api/v2/logs</c>.
/// </summary>
internal static class BrowserPaths
{
    public const string Prefix = "/browser";

    /// <summary>
    /// What the SDK for logs tells Datadog of itself, in one session of five, and what that for RUM sends.
    /// </summary>
    public const string Rum = $"{Prefix}/api/v2/rum";

    /// <summary>Below <see cref="Prefix"/>, and no path of ours: what it was cannot be told.</summary>
    public const string Unreadable = $"{Prefix}/*";
}
