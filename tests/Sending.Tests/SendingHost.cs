using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.DatadogClient;
using Partner.Sending.Delivery;
using Partner.Sending.Upstream;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>The real sender on a free port, with everything it calls in memory.</summary>
internal sealed class SendingHost : IAsyncDisposable
{
    private static readonly JsonSerializerOptions AsWritten = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    private readonly ServiceIdentity _gateway;
    private readonly ServiceIdentity _self = new("logs");

    private SendingHost(FakeDatadog datadog, WebApplication app, TimeProvider? time)
    {
        (Datadog, App) = (datadog, app);
        _gateway = new ServiceIdentity("gateway", time);
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 200 });
    }

    public FakeDatadog Datadog { get; }

    public WebApplication App { get; private set; }

    public HttpClient Http { get; }

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    public static async Task<SendingHost> StartAsync(
        string connectionString,
        FakeDatadog? datadog = null,
        TimeProvider? time = null,
        Sender? sender = null,
        Dictionary<string, string?>? settings = null,
        bool allowUnsafe = true,
        bool start = true
    )
    {
        var host = new SendingHost(datadog ?? new FakeDatadog(time), null!, time);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:database"] = connectionString,
                ["Outbox:AllowUnsafeDatabase"] = allowUnsafe ? "true" : "false",
                ["services:auth:http:0"] = "http://auth.test",
                ["services:vault:http:0"] = "http://vault.test",
                ["services:site-router:http:0"] = "http://router.test",
            }
                .Concat(host._self.AsSelf())
                .Concat(host._gateway.AsCaller("append", "partner"))
                .Concat(settings ?? [])
                .DistinctBy(s => s.Key)
        );
        builder.AddServiceDefaults();
        builder.AddSending(sender ?? new TestSender());
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
            builder.Services.AddSingleton<Func<double>>(() => 0);
        }

        foreach (
            var client in new[]
            {
                nameof(IntakeClient),
                nameof(ConnectionClient),
                nameof(ApiKeyClient),
                nameof(RouterClient),
            }
        )
        {
            builder.Services.AddHttpClient(client).ConfigurePrimaryHttpMessageHandler(() => host.Datadog);
        }

        host.App = builder.Build();
        host.App.UseServiceDefaults();
        host.App.MapDefaultEndpoints();
        host.App.MapSending();
        if (start)
        {
            await host.App.StartAsync();
        }

        return host;
    }

    public Task<HttpResponseMessage> PostAsync(
        ConnectionId connection,
        string body,
        bool strict = false,
        string query = "",
        string? key = null,
        string path = "/in"
    ) => PostAsync(connection, new ByteArrayContent(Encoding.UTF8.GetBytes(body)), strict, query, key, path);

    public Task<HttpResponseMessage> PostAsync(
        ConnectionId connection,
        HttpContent content,
        bool strict = false,
        string query = "",
        string? key = null,
        string path = "/in"
    ) => SendAsync(HttpMethod.Post, path + query, new ServiceClaims(connection.Text, strict), content, key);

    public async Task<string> GetAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path, new ServiceClaims(Role: PartnerRoles.Read));
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>What it tells of a connection; a field too many or too few is an error.</summary>
    public async Task<DeliveriesView> DeliveriesAsync(ConnectionId connection) =>
        JsonSerializer.Deserialize<DeliveriesView>(
            await GetAsync($"/partner/v1/senders/logs/connections/{connection.Text}/deliveries"),
            AsWritten
        )!;

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        ServiceClaims claims,
        HttpContent? content = null,
        string? idempotencyKey = null
    )
    {
        var request = new HttpRequestMessage(method, App.Urls.Single() + path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TokenFor(claims));
        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }

        return Http.SendAsync(request);
    }

    public string TokenFor(ServiceClaims claims) => _gateway.TokenFor("logs", claims);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
        _gateway.Dispose();
        _self.Dispose();
    }
}
