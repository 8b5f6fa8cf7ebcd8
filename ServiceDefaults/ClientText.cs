using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace Partner.ServiceDefaults;

/// <summary>
/// Takes out of a span what a client may have written a secret into: some of Datadog's older clients put the API key into
/// the path or the query (security 29). Routes and our own ids stay.
/// </summary>
internal sealed partial class ClientText : BaseProcessor<Activity>
{
    private static readonly string[] Masked = ["url.path", "url.full", "server.address", "user_agent.original"];

    public override void OnEnd(Activity data)
    {
        data.SetTag("url.query", null);
        foreach (var name in Masked)
        {
            if (data.GetTagItem(name) is string text && Mask(text) is var masked && masked != text)
            {
                data.SetTag(name, masked);
            }
        }
    }

    internal static string Mask(string text) => Secretlike().Replace(text, "***");

    // No route has a word that long; no key or token is shorter.
    [GeneratedRegex("(?<![A-Za-z0-9_%+=-])(?!(?:con|ten|own)_[0-9a-f]{32}(?![A-Za-z0-9_%+=-]))[A-Za-z0-9_%+=-]{24,}")]
    private static partial Regex Secretlike();
}
