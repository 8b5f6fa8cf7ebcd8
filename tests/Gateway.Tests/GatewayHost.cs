using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Partner.Gateway.Keys;
using Partner.Gateway.PartnerApi;
using Partner.Testing;

namespace Partner.Gateway.Tests;

/// <summary>The real gateway between a fake auth and a fake logs sender, on a clock of the test's.</summary>
public sealed class GatewayHost : IAsyncLifetime
{
    public const string AdminToken = "admin-token-0123456789-0123456789-abc";
    public const string ReaderToken = "reader-token-0123456789-0123456789-ab";

    private readonly ServiceIdentity _identity = new("gateway");
    private readonly string[] _settings;
    private WebApplication? _app;
    private HttpClient? _http;

    public GatewayHost() => _settings = [];

    internal GatewayHost(params string[] settings) => _settings = settings;

    internal ManualTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    internal LogCapture Logs { get; } = new();

    internal FakeAuth Auth { get; private set; } = null!;

    internal FakeService Sender { get; private set; } = null!;

    internal FakeService Router { get; private set; } = null!;

    internal HttpClient Http => _http!;

    internal Uri Url => new(_app!.Urls.First());

    internal IServiceProvider Services => _app!.Services;

    /// <summary>Prepares auth before the gateway starts.</summary>
    internal Action<FakeAuth> Before { get; init; } = _ => { };

    public async ValueTask InitializeAsync()
    {
        var gateway = new GatewayIdentity(_identity, Time);
        Auth = await FakeAuth.StartAsync(gateway);
        Sender = await FakeService.StartLogsAsync(gateway);
        Router = await FakeService.StartRouterAsync(gateway);
        Before(Auth);
        _app = Program.Build(
            Arguments(),
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(Time);
                builder.Logging.ClearProviders().AddProvider(Logs).AddFilter<LogCapture>(null, LogLevel.Trace);
            }
        );
        await _app.StartAsync();
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = Url,
        };
        // The gateway's own first poll of each feed; further ones come when the clock is moved.
        await Until.TrueAsync(() =>
            Auth.IsDown
                ? !Auth.Asked.IsEmpty && Auth.AskedForCredentials > 0
                : Services.GetRequiredService<KeyTable>().IsLoaded
                    && Services.GetRequiredService<PartnerCredentials>().Age is not null
        );
        if (!Auth.IsDown)
        {
            Assert.True(await PollAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        await Auth.DisposeAsync();
        await Sender.DisposeAsync();
        await Router.DisposeAsync();
        _identity.Dispose();
    }

    /// <summary>One iteration of the poller.</summary>
    internal Task<bool> PollAsync() =>
        Services.GetRequiredService<IngestKeyPoller>().PollOnceAsync(CancellationToken.None);

    /// <summary>One iteration of the poller of credentials.</summary>
    internal Task<bool> PollCredentialsAsync() =>
        Services.GetRequiredService<CredentialPoller>().PollOnceAsync(CancellationToken.None);

    /// <summary>A key that the gateway knows.</summary>
    internal async Task<(string Key, Contracts.IngestKeyEntry Entry)> NewKeyAsync(
        bool strict = false,
        string? org = null
    )
    {
        var added = Auth.AddKey(strict, org);
        Assert.True(await PollAsync());
        return added;
    }

    /// <summary>A client token that the gateway knows.</summary>
    internal async Task<(string Key, Contracts.IngestKeyEntry Entry)> NewClientTokenAsync(params string[] origins)
    {
        var added = Auth.AddClientToken(origins);
        Assert.True(await PollAsync());
        return added;
    }

    internal async Task<Answer> SendAsync(
        HttpMethod method,
        string path,
        string? key = null,
        HttpContent? body = null,
        Action<HttpRequestHeaders>? headers = null
    )
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (key is not null)
        {
            request.Headers.Add("DD-API-KEY", key);
        }

        headers?.Invoke(request.Headers);
        using var response = await Http.SendAsync(request);
        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    internal Task<Answer> PostLogsAsync(
        string? key,
        string path = "/api/v2/logs",
        Action<HttpRequestHeaders>? headers = null
    ) => SendAsync(HttpMethod.Post, path, key, new StringContent("""[{"message":"hello"}]"""), headers);

    internal Task<Answer> PartnerAsync(HttpMethod method, string path, string? token) =>
        SendAsync(method, path, headers: h => h.Authorization = token is null ? null : new("Bearer", token));

    private string[] Arguments() =>
        [
            "--urls=http://127.0.0.1:0",
            $"--services:auth:http:0={Auth.Url}",
            $"--services:logs:http:0={Sender.Url}",
            $"--services:site-router:http:0={Router.Url}",
            $"--PartnerCredentials:main:Token={AdminToken}",
            "--PartnerCredentials:main:Role=manage",
            $"--PartnerCredentials:viewer:Token={ReaderToken}",
            "--PartnerCredentials:viewer:Role=read",
            .. _identity.AsSelf().Select(setting => $"--{setting.Key}={setting.Value}"),
            .. _settings,
        ];
}

/// <summary>What a client of the gateway got.</summary>
internal sealed record Answer(HttpStatusCode Status, string Body, HttpResponseMessage Response)
{
    public (int Status, string Body) StatusAndBody => ((int)Status, Body);

    public string? Header(string name) =>
        Response.Headers.TryGetValues(name, out var values) || Response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(",", values)
            : null;
}
