using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Data.Common;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Testing;

namespace Partner.ServiceDefaults.Tests;

public sealed record Named([property: Required] string Name);

/// <summary>A small service with the defaults, called by <see cref="Caller"/> on a clock of the test's.</summary>
public sealed class ServiceHost : IAsyncLifetime
{
    private readonly ServiceIdentity _self = new("callee");
    private readonly string _environment;
    private readonly Dictionary<string, string?> _settings;
    private WebApplication? _app;

    public ServiceHost()
        : this("Production") { }

    internal ServiceHost(string environment, params (string Key, string Value)[] settings)
    {
        _environment = environment;
        _settings = settings.ToDictionary(s => s.Key, s => (string?)s.Value);
        Caller = new ServiceIdentity("caller", Time);
    }

    internal ManualTimeProvider Time { get; } = new();

    internal ServiceIdentity Caller { get; }

    internal HttpClient Http { get; private set; } = null!;

    /// <summary>The SQLSTATE of each exception after which pooled connections are dropped.</summary>
    internal ConcurrentQueue<string?> Reactions { get; } = [];

    internal LogCapture Logs { get; } = new();

    internal ICollection<string> Urls => _app!.Urls;

    /// <summary>As SIGTERM does.</summary>
    internal Task StopAsync()
    {
        _app!.Lifetime.StopApplication();
        return HostingAbstractionsHostExtensions.WaitForShutdownAsync(_app);
    }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = _environment });
        builder.Configuration.AddInMemoryCollection(_self.AsSelf());
        builder.Configuration.AddInMemoryCollection(Caller.AsCaller("read"));
        builder.Configuration.AddInMemoryCollection(_settings);
        builder.WebHost.UseUrls(_settings.GetValueOrDefault("Urls") ?? "http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddValidation();
        builder.Services.AddSingleton(
            new OnUnavailable(exception => Reactions.Enqueue((exception as DbException)?.SqlState))
        );
        builder.Logging.ClearProviders().AddProvider(Logs);
        _app = builder.Build();
        _app.UseServiceDefaults();
        _app.MapDefaultEndpoints();
        Map(_app);
        await _app.StartAsync();
        Http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        // What a wrong setting has kept from being built is not there.
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _self.Dispose();
        Caller.Dispose();
    }

    internal async Task<(int Status, string Body, HttpResponseMessage Response)> SendAsync(
        string path,
        string? token = null,
        HttpContent? body = null
    )
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path)
        {
            Content = body,
        };
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/read", (HttpContext context) => context.Caller()).RequireCaller("read");
        app.MapGet("/write", () => "written").RequireCaller("write");
        app.MapGet("/forgotten", () => "open to nobody");
        app.MapGet("/open", () => "open").AllowAnonymous();
        app.MapPost("/named", (Named named) => named.Name).AllowAnonymous();
        app.MapGet("/number/{id}", (int id) => id).AllowAnonymous();
        app.MapGet(
                "/fails/{how}",
                string (string how) =>
                    throw (
                        how switch
                        {
                            "database" => new Down(),
                            "service" => new HttpRequestException("Connection refused (10.1.2.3:443)"),
                            "socket" => new SocketException(),
                            "timeout" => new TimeoutException(),
                            ['2', '2' or '8', ..] => new Refusing(how),
                            _ => new InvalidOperationException("internal detail: password=hunter2"),
                        }
                    )
            )
            .AllowAnonymous();
    }

    private sealed class Refusing(string state) : DbException("invalid byte sequence or password: hunter2")
    {
        public override string SqlState => state;
    }

    private sealed class Down() : DbException("the database at 10.1.2.3 is down")
    {
        public override bool IsTransient => true;
    }
}
