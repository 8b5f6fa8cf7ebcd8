using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Web;
using Partner.Contracts;
using Partner.Sandbox.OAuth;

namespace Partner.Auth.Tests;

/// <summary>What a person's browser does, with the gateway between it and Auth. Cookies are kept; redirects are
/// followed by hand.</summary>
internal sealed partial class Browser(World world, AuthInstance auth, Uri url)
{
    private static readonly HttpClient Pages = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        }
    );

    public Dictionary<string, string> CookieJar { get; } = [];

    /// <summary>Sent with each request.</summary>
    public Dictionary<string, string?> Headers { get; } = [];

    /// <summary>Raw Set-Cookie lines, as they came.</summary>
    public List<string> SetCookies { get; } = [];

    public async Task<Visit> GetAsync(string path) => await SendAsync(HttpMethod.Get, path, null);

    public async Task<Visit> PostAsync(string path, params (string Name, string Value)[] form) =>
        await SendAsync(
            HttpMethod.Post,
            path,
            new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)))
        );

    /// <summary>From a connect session to the URL at Datadog that it leads to.</summary>
    public async Task<Uri> LeaveAsync(TenantId tenant, string? site = null) =>
        await LeaveByAsync(await auth.NewSessionAsync(tenant), site);

    /// <summary>The same from a session that was made already.</summary>
    public Task<Uri> LeaveByAsync(JsonNode session, string? site = null) =>
        LeaveByAsync(session["url"]!.GetValue<string>()[World.PublicUrl.Length..], site);

    public async Task<Uri> LeaveByAsync(string link, string? site = null)
    {
        var page = await GetAsync(link);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        var left = await PostAsync(
            "/connect",
            ("session", page.Hidden("session")),
            ("token", page.Hidden("token")),
            ("site", site ?? "")
        );
        Assert.Equal(HttpStatusCode.SeeOther, left.Status);
        return new Uri(left.Location!);
    }

    /// <summary>Consents at Datadog as somebody of <paramref name="org"/>; the callback, as path and query.</summary>
    public static async Task<string> ConsentAsync(Uri authorize, Org org, string decision = "authorize")
    {
        using var shown = await Pages.GetAsync(authorize);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        var form = HttpUtility.ParseQueryString(authorize.Query);
        form["org"] = org.Id;
        form["decision"] = decision;
        using var content = new FormUrlEncodedContent(form.AllKeys.Select(k => KeyValuePair.Create(k!, form[k]!)));
        using var decided = await Pages.PostAsync(new Uri(authorize, "/oauth2/v1/authorize"), content);
        var back = decided.Headers.Location!.OriginalString;
        Assert.StartsWith($"{World.PublicUrl}/oauth/callback?", back);
        return back[World.PublicUrl.Length..];
    }

    /// <summary>What Datadog shows to whom it does not send back.</summary>
    public static async Task<string> StuckAtDatadogAsync(Uri authorize, Org org)
    {
        using var shown = await Pages.GetAsync(authorize);
        if (!shown.IsSuccessStatusCode)
        {
            return await shown.Content.ReadAsStringAsync();
        }

        var form = HttpUtility.ParseQueryString(authorize.Query);
        (form["org"], form["decision"]) = (org.Id, "authorize");
        using var content = new FormUrlEncodedContent(form.AllKeys.Select(k => KeyValuePair.Create(k!, form[k]!)));
        using var decided = await Pages.PostAsync(new Uri(authorize, "/oauth2/v1/authorize"), content);
        Assert.Null(decided.Headers.Location);
        return await decided.Content.ReadAsStringAsync();
    }

    /// <summary>The whole way; where the browser ends.</summary>
    public async Task<string> ConnectAsync(TenantId tenant, Org org, string? site = null) =>
        (await GetAsync(await ConsentAsync(await LeaveAsync(tenant, site), org))).Location!;

    private async Task<Visit> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, new Uri(url, path)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", world.Gateway.TokenFor("auth"));
        request.Headers.Add("X-Forwarded-For", $"192.0.2.{Math.Abs(GetHashCode() % 200)}-{GetHashCode()}");
        foreach (var (name, value) in Headers.Where(header => header.Value is not null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (CookieJar.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", CookieJar.Select(c => $"{c.Key}={c.Value}")));
        }

        using var response = await AuthInstance.Http.SendAsync(request);
        foreach (var line in response.Headers.TryGetValues("Set-Cookie", out var lines) ? lines : [])
        {
            SetCookies.Add(line);
            var (name, value) = (line.Split('=', 2)[0], line.Split('=', 2)[1].Split(';')[0]);
            if (value.Length == 0)
            {
                CookieJar.Remove(name);
            }
            else
            {
                CookieJar[name] = value;
            }
        }

        return new Visit(
            response.StatusCode,
            response.Headers.Location?.OriginalString,
            await response.Content.ReadAsStringAsync(),
            response.Headers.ToDictionary(h => h.Key, h => string.Join(",", h.Value))
        );
    }
}

internal sealed partial record Visit(
    HttpStatusCode Status,
    string? Location,
    string Body,
    IReadOnlyDictionary<string, string> Headers
)
{
    public string Hidden(string name) =>
        HttpUtility.HtmlDecode(Regex.Match(Body, $"name=\"{name}\" value=\"([^\"]*)\"").Groups[1].Value);
}
