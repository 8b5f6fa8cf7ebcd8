using System.Diagnostics;
using OpenTelemetry;

namespace Partner.ServiceDefaults;

/// <summary>
/// Takes out of a span what a client may have written a secret into: some of Datadog's older clients put the API key into
/// the path or the query (security 29). Routes and our own ids stay.
/// </summary>
internal sealed class ClientText : BaseProcessor<Activity>
{
    private static readonly string[] Masked = ["url.path", "url.full", "user_agent.original"];

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

    // By segments: a whole path would look like a secret with slashes in it.
    internal static string Mask(string text) => string.Join('/', text.Split('/').Select(SecretText.Mask));
}
