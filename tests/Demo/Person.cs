using System.Net;

namespace Partner.Demo;

/// <summary>
/// A person with a browser, as far as the OAuth flow needs one: keeps cookies per host, follows redirects one by one,
/// fills in forms and presses buttons. Like browsers, it sends Secure cookies to localhost over plain HTTP.
/// </summary>
/// <param name="from">The address that this browser has; null: the machine's own.</param>
public sealed class Person(IPAddress? from = null) : IDisposable
{
    private const int MaxRedirects = 12;

    private readonly HttpClient _http = new(Loopback.Handler(from));
    private readonly Dictionary<string, Dictionary<string, string>> _cookies = [];

    /// <summary>Every address that was visited, with its query.</summary>
    public List<Uri> Visited { get; } = [];

    /// <summary>The values of the cookies that this browser holds.</summary>
    public IEnumerable<string> Cookies => _cookies.Values.SelectMany(jar => jar.Values);

    /// <summary>Path at which to stop following redirects; the page returned then is empty, with status 0.</summary>
    public string? StopAt { get; set; }

    public Task<Page> OpenAsync(Uri address) => GoAsync(() => new HttpRequestMessage(HttpMethod.Get, address));

    /// <summary>Presses the button whose text or value is <paramref name="button"/>.</summary>
    public Task<Page> PressAsync(Page page, string button, IReadOnlyDictionary<string, string>? choices = null)
    {
        var form = page.FormWith(button);
        return GoAsync(() =>
            new HttpRequestMessage(HttpMethod.Post, new Uri(page.Address, form.Action))
            {
                Content = new FormUrlEncodedContent(form.Fill(button, choices)),
                Headers = { { "Origin", page.Address.GetLeftPart(UriPartial.Authority) } },
            }
        );
    }

    public void Dispose() => _http.Dispose();

    private async Task<Page> GoAsync(Func<HttpRequestMessage> first)
    {
        var request = first();
        for (var i = 0; i < MaxRedirects; i++)
        {
            var address = request.RequestUri!;
            if (i > 0 && address.AbsolutePath == StopAt)
            {
                return new Page(address, 0, "");
            }

            Visited.Add(address);
            if (_cookies.TryGetValue(address.Host, out var cookies) && cookies.Count > 0)
            {
                request.Headers.Add("Cookie", string.Join("; ", cookies.Select(c => $"{c.Key}={c.Value}")));
            }

            using var response = await _http.SendAsync(request);
            request.Dispose();
            Remember(address.Host, response);
            if (
                response.StatusCode is HttpStatusCode.SeeOther or HttpStatusCode.Found
                && response.Headers.Location is { } next
            )
            {
                request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, next));
                continue;
            }

            return new Page(address, (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }

        throw new InvalidOperationException(
            $"More than {MaxRedirects} redirects, the last to {request.RequestUri!.Host}."
        );
    }

    private void Remember(string host, HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out var set))
        {
            return;
        }

        var jar = _cookies.TryGetValue(host, out var known) ? known : _cookies[host] = [];
        foreach (var cookie in set)
        {
            var (name, value) = (cookie[..cookie.IndexOf('=')], cookie[(cookie.IndexOf('=') + 1)..].Split(';')[0]);
            if (value.Length == 0 || cookie.Contains("max-age=0", StringComparison.OrdinalIgnoreCase))
            {
                jar.Remove(name);
            }
            else
            {
                jar[name] = value;
            }
        }
    }
}
