using System.Text;

namespace Partner.Egress;

/// <summary>Where a browser goes to authorise (datadog-facts 2.3).</summary>
public sealed class AuthorizeUrls
{
    private const string Path = "/oauth2/v1/authorize";

    private readonly Uri? _sandboxPages;

    internal AuthorizeUrls(Uri? sandboxPages) => _sandboxPages = sandboxPages;

    /// <summary>
    /// <c>https://&lt;host&gt;/oauth2/v1/authorize?...</c>. With the sandbox hop its pages under
    /// <c>http://&lt;host&gt;.localhost</c>: a local run sends no browser to the real Datadog.
    /// </summary>
    public Uri Build(AuthorizeHost host, IEnumerable<KeyValuePair<string, string>> query)
    {
        ArgumentException.ThrowIfNullOrEmpty(host.Text, nameof(host));
        var url = new StringBuilder(
            _sandboxPages is { } pages
                ? $"http://{host.Text}.localhost:{pages.Port}{Path}"
                : $"https://{host.Text}{Path}"
        );
        var separator = '?';
        foreach (var (name, value) in query)
        {
            url.Append(separator).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return new Uri(url.ToString());
    }
}
