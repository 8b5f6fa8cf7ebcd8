using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Testing;

namespace Partner.Egress.Tests;

/// <summary>A service with Egress in it, whose DNS and sockets are the test's.</summary>
internal sealed class EgressHost : IDisposable
{
    private readonly IHost _host;

    public EgressHost(
        Dictionary<string, string?>? settings = null,
        string environment = "Production",
        Func<string, IPAddress[]>? dns = null,
        Dial? dial = null
    )
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs);
        builder.AddEgress();
        builder.Services.AddDatadogClient<DatadogClient>();
        builder.Services.AddPublicClient<PublicClient>(TimeSpan.FromSeconds(20));
        builder.Services.AddSingleton<Resolve>(
            (host, _) =>
            {
                Asked.Enqueue(host);
                return Task.FromResult(dns?.Invoke(host) ?? [IPAddress.Parse("8.8.8.8")]);
            }
        );
        builder.Services.AddSingleton<Dial>(
            (address, cancellationToken) =>
            {
                Dialled.Enqueue(address.ToString());
                return dial is null
                    ? throw new SocketException((int)SocketError.ConnectionRefused)
                    : dial(address, cancellationToken);
            }
        );
        _host = builder.Build();
    }

    public ConcurrentQueue<string> Asked { get; } = [];

    public ConcurrentQueue<string> Dialled { get; } = [];

    public LogCapture Logs { get; } = new();

    public HttpClient Client => _host.Services.GetRequiredService<DatadogClient>().Http;

    public HttpClient Public => _host.Services.GetRequiredService<PublicClient>().Http;

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public Task StartAsync() => _host.StartAsync();

    public void Dispose() => _host.Dispose();

    internal sealed class PublicClient(HttpClient http)
    {
        public HttpClient Http { get; } = http;
    }

    internal sealed class DatadogClient(HttpClient http)
    {
        public HttpClient Http { get; } = http;
    }
}
