using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Tests;

/// <summary>A sandbox with one registered client, and a caller that dials it under Datadog's names.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string ClientId = "7b1f7c9e-0000-4000-8000-000000000001";
    public const string Secret = "the-client-secret";
    public const string RedirectUri = "https://partner.example/oauth/callback";
    public const string OnboardingUrl = "https://partner.example/connect";

    private World(SandboxApp sandbox, ManualClock clock)
    {
        Sandbox = sandbox;
        Clock = clock;
        Http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectCallback = DialAsync,
                SslOptions = { CertificateChainPolicy = TrustOnly(sandbox.Authority) },
            }
        )
        {
            Timeout = TimeSpan.FromSeconds(20),
        };
    }

    public SandboxApp Sandbox { get; }

    public SandboxState State => Sandbox.State;

    public ManualClock Clock { get; }

    public HttpClient Http { get; }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<World> StartAsync(params ClientOptions[] more)
    {
        var clock = new ManualClock();
        var client = new ClientOptions
        {
            ClientId = ClientId,
            Secret = Secret,
            RedirectUri = RedirectUri,
            OnboardingUrl = OnboardingUrl,
        };
        var sandbox = await SandboxApp.StartAsync(new SandboxOptions { Clients = [client, .. more] }, clock, Token);
        return new World(sandbox, clock);
    }

    public static X509ChainPolicy TrustOnly(X509Certificate2 authority) =>
        new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { authority },
            RevocationMode = X509RevocationMode.NoCheck,
        };

    public Org OrgAt(string site) => State.Orgs.At(SiteTable.Find(site)!).First();

    public Uri Page(string appHost, string path = "/oauth2/v1/authorize") =>
        new($"http://{appHost}.localhost:{Sandbox.Pages.Port}{path}");

    public void Set(string json) => State.Settings = State.Settings.With(JsonNode.Parse(json)!.AsObject());

    /// <summary>A live key of the site's first org, minted by the whole flow.</summary>
    public async Task<string> KeyAsync(string site)
    {
        var tokens = await new OAuthFlow(this).ConnectAsync(OrgAt(site));
        var minted = await MintAsync(site, tokens.Access);
        return minted.Json.GetProperty("data").GetProperty("attributes").GetProperty("key").GetString()!;
    }

    public Task<Reply> MintAsync(string site, string accessToken) =>
        SendAsync(Bearer(HttpMethod.Post, $"https://api.{Parameter(site)}/api/v2/api_keys/marketplace", accessToken));

    public Task<Reply> LogsAsync(string site, string? key, string body, string path = "/api/v2/logs") =>
        SendAsync(Logs(site, key, new StringContent(body, Encoding.UTF8, "application/json"), path));

    public static HttpRequestMessage Logs(string site, string? key, HttpContent body, string path = "/api/v2/logs")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"https://http-intake.logs.{Parameter(site)}{path}")
        {
            Content = body,
        };
        if (key is not null)
        {
            request.Headers.Add("DD-API-KEY", key);
        }

        return request;
    }

    /// <summary>A body to a path of api.{site} under a key.</summary>
    public Task<Reply> PostAsync(
        string site,
        string? key,
        string path,
        string body,
        string type = "application/json"
    ) => PostAsync(site, key, path, new StringContent(body, Encoding.UTF8, type));

    public Task<Reply> PostAsync(string site, string? key, string path, HttpContent body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"https://api.{Parameter(site)}{path}")
        {
            Content = body,
        };
        if (key is not null)
        {
            request.Headers.Add("DD-API-KEY", key);
        }

        return SendAsync(request);
    }

    public static HttpRequestMessage Bearer(HttpMethod method, string url, string accessToken) =>
        new(method, url) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", accessToken) } };

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request, Token);
        return new Reply(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(Token),
            response.Headers.TryGetValues("X-Sandbox-Fact", out var facts) ? facts.Single() : null,
            response.Headers.Location,
            response.Content.Headers.ContentType?.ToString()
        );
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Sandbox.DisposeAsync();
    }

    public static string Parameter(string site) => SiteTable.Find(site)!.Parameter;

    private async ValueTask<Stream> DialAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var port = context.DnsEndPoint.Port == 443 ? Sandbox.Tls.Port : Sandbox.Pages.Port;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}

internal sealed record Reply(HttpStatusCode Status, string Body, string? Fact, Uri? Location, string? ContentType)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>What a refusal comes to: its status, its body, and the fact that asks for it.</summary>
    public (int Status, string Body) Said => ((int)Status, Body);
}
