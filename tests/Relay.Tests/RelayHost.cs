using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Partner.Testing;

namespace Partner.Relay.Tests;

/// <summary>The real relay before a server in the gateway's place.</summary>
internal sealed class RelayHost : IAsyncDisposable
{
    public const string Key = "0123456789abcdef0123456789abcdef";

    /// <summary>Settings of an operator who looks for something.</summary>
    public static readonly string[] LogEverything =
    [
        "--Logging:LogLevel:Default=Trace",
        "--Logging:LogLevel:Microsoft.AspNetCore=Trace",
        "--Logging:LogLevel:Yarp=Trace",
    ];

    private readonly WebApplication _app;

    private RelayHost(WebApplication app, LogCapture logs)
    {
        (_app, Logs) = (app, logs);
        Http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
            }
        )
        {
            BaseAddress = Url,
        };
    }

    public LogCapture Logs { get; }

    public HttpClient Http { get; }

    public Uri Url => new(_app.Urls.First());

    public static Task<RelayHost> StartAsync(GatewayStandIn gateway, params string[] settings) =>
        StartAsync(gateway.Url, _ => { }, [$"--Relay:Key={Key}", .. settings]);

    public static async Task<RelayHost> StartAsync(
        string gateway,
        Action<WebApplicationBuilder> configure,
        params string[] settings
    )
    {
        var logs = new LogCapture();
        var app = Program.Build(
            [$"--Relay:Gateway={gateway}", "--Relay:Address=127.0.0.1", "--Relay:Port=0", .. settings],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(logs);
                configure(builder);
            }
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RelayHost(app, logs);
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("[]") };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A request in bytes, and all that comes back until the connection ends, which it has to ask for.</summary>
    public async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Url.Host, Url.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
