using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Partner.Testing;

namespace Partner.ServiceDefaults.Tests;

/// <summary>A client that lives as long as its process finds a service that has moved meanwhile.</summary>
public sealed class ServiceClientTests : IAsyncLifetime
{
    private const string Endpoint = "services:callee:http:0";

    private readonly ServiceIdentity _caller = new("caller");
    private readonly WebApplication _here = Callee("here");
    private readonly WebApplication _there = Callee("there");
    private IHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        await _here.StartAsync();
        await _there.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([.. _caller.AsSelf(), new(Endpoint, _here.Urls.Single())]);
        builder.AddServiceDefaults();
        builder.Services.AddServiceClient<Client>("callee");
        builder.Services.AddSingleton<Keeper>();
        _host = builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        await _here.DisposeAsync();
        await _there.DisposeAsync();
        _caller.Dispose();
    }

    [Fact]
    public async Task AServiceThatDiscoveryFindsElsewhereIsFoundThere()
    {
        var client = _host.Services.GetRequiredService<Keeper>().Client;
        Assert.Equal("here", await client.AskAsync());
        var configuration = (IConfigurationRoot)_host.Services.GetRequiredService<IConfiguration>();
        configuration[Endpoint] = _there.Urls.Single();
        configuration.Reload();
        await _here.StopAsync();
        await Until.AnsweredAsync(
            async () =>
            {
                try
                {
                    return await client.AskAsync();
                }
                catch (HttpRequestException)
                {
                    // Discovery has not heard of it yet.
                    return "nowhere";
                }
            },
            answer => answer == "there"
        );
    }

    /// <summary>Its name leads elsewhere: that is asked for with each new connection, and none is older than this.</summary>
    [Fact]
    public void NoConnectionOutlivesTwoMinutesAndNoHandlerIsRenewed()
    {
        var handler = _host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(nameof(Client));
        while (handler is DelegatingHandler { InnerHandler: { } inner })
        {
            handler = inner;
        }

        Assert.Equal(TimeSpan.FromMinutes(2), Assert.IsType<SocketsHttpHandler>(handler).PooledConnectionLifetime);
        var options = _host.Services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>();
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Get(nameof(Client)).HandlerLifetime);
    }

    private static WebApplication Callee(string name)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapGet("/name", () => name);
        return app;
    }

    private sealed class Client(HttpClient http)
    {
        public Task<string> AskAsync() => http.GetStringAsync("/name");
    }

    private sealed record Keeper(Client Client);
}
