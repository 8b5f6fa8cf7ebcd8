using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Xunit;

namespace Partner.Testing;

/// <summary>
/// What every sender promises, whatever its data type. A sender's test class inherits it and says what its requests
/// look like; the sender runs as it is, on a free port, with Postgres behind it and <see cref="LoopbackIntake"/> before it.
/// </summary>
public abstract class SenderContract : IAsyncLifetime
{
    private readonly ServiceIdentity _gateway = new("gateway");
    private readonly HttpClient _http = new(new SocketsHttpHandler());
    private ServiceIdentity? _self;
    private WebApplication? _app;

    /// <summary>As in the AppHost.</summary>
    protected abstract string Name { get; }

    protected abstract string Product { get; }

    /// <summary>A path, its success status, and a body that one item makes valid.</summary>
    protected abstract (string Path, HttpStatusCode Success, string Body)[] ValidRequests { get; }

    /// <summary>A path, a status, a body that gets it, and the whole answer.</summary>
    protected abstract (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests { get; }

    protected LoopbackIntake Intake { get; private set; } = null!;

    protected TestDatabase Database { get; private set; } = null!;

    protected ConnectionId Connection { get; } = ConnectionId.New();

    protected abstract void Add(IHostApplicationBuilder builder);

    protected abstract void Map(IEndpointRouteBuilder routes);

    public async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync("services/Senders/Sending/Migrations", Name);
        Intake = new LoopbackIntake(Product);
        _self = new ServiceIdentity(Name);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:database"] = Database.ConnectionString,
            ["Outbox:AllowUnsafeDatabase"] = "true",
            ["services:auth:http:0"] = "http://auth.test",
            ["services:vault:http:0"] = "http://vault.test",
            ["services:site-router:http:0"] = "http://router.test",
        }.Concat(_self.AsSelf()).Concat(_gateway.AsCaller("append", "partner")));
        builder.AddServiceDefaults();
        Add(builder);
        foreach (var client in new[] { "IntakeClient", "AuthClient", "VaultClient", "RouterClient" })
        {
            builder.Services.AddHttpClient(client).ConfigurePrimaryHttpMessageHandler(() => Intake);
        }

        _app = builder.Build();
        _app.UseServiceDefaults();
        _app.MapDefaultEndpoints();
        Map(_app);
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _http.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        await Database.DisposeAsync();
        _self?.Dispose();
        _gateway.Dispose();
    }

    [Fact]
    public async Task ValidRequestsAreAnsweredAsDatadogDoesAndArriveWithTheConnectionsKey()
    {
        foreach (var (path, success, body) in ValidRequests)
        {
            using var response = await PostAsync(path, body);
            Assert.Equal((success, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        }

        // They may share batches, so it is enough that something came, and nothing for anybody else.
        var taken = await Intake.WaitForAsync(1);
        Assert.All(taken, r => Assert.Equal((Connection.Text, $"key-of-{Connection.Text}"), (r.Connection, r.Key)));
    }

    [Fact]
    public async Task BadRequestsAreAnsweredInTheShapeOfTheirPath()
    {
        foreach (var (path, status, body, answer) in BadRequests)
        {
            using var response = await PostAsync(path, body);
            Assert.Equal((status, answer), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM segments"));
    }

    [Fact]
    [Trait("security", "44")]
    public async Task NobodyAppendsWithoutATokenForThisServiceAndOneConnection()
    {
        foreach (var (path, _, body) in ValidRequests)
        {
            using var anonymous = await _http.PostAsync(Url(path), new StringContent(body));
            using var elsewhere = await SendAsync(HttpMethod.Post, path, _gateway.TokenFor("auth", new(Connection.Text)), new StringContent(body));
            using var nobody = await SendAsync(HttpMethod.Post, path, _gateway.TokenFor(Name), new StringContent(body));
            Assert.Equal(
                [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden],
                [anonymous.StatusCode, elsewhere.StatusCode, nobody.StatusCode]);
        }

        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM accepted"));
    }

    [Fact]
    public async Task DeliveriesAreCounted()
    {
        var (path, _, body) = ValidRequests[0];
        using (await PostAsync(path, body))
        {
            await Intake.WaitForAsync(1);
        }

        var deliveries = "";
        for (var i = 0; i < 500 && !deliveries.Contains("\"delivered\":1,", StringComparison.Ordinal); i++)
        {
            await Task.Delay(20);
            deliveries = await DeliveriesAsync();
        }

        Assert.Equal(
            """{"accepted":1,"delivered":1,"backlog":{"items":0,"segments":0,"oldest_at":null},"dead_letters":0,"possible_duplicates":0,"quarantined":0,"state":"flowing","reason":null}""",
            deliveries);
    }

    protected Task<HttpResponseMessage> PostAsync(string path, string body, string contentType = "application/json", bool strict = false) =>
        PostAsync(path, new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new(contentType) } }, strict);

    protected Task<HttpResponseMessage> PostAsync(string path, HttpContent content, bool strict = false, HttpMethod? method = null) =>
        SendAsync(method ?? HttpMethod.Post, path, _gateway.TokenFor(Name, new ServiceClaims(Connection.Text, strict)), content);

    protected async Task<string> DeliveriesAsync()
    {
        using var response = await SendAsync(
            HttpMethod.Get, $"/partner/v1/senders/{Name}/connections/{Connection.Text}/deliveries", _gateway.TokenFor(Name));
        return await response.Content.ReadAsStringAsync();
    }

    private string Url(string path) => _app!.Urls.Single() + path;

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string token, HttpContent? content = null)
    {
        var request = new HttpRequestMessage(method, Url(path)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return _http.SendAsync(request);
    }
}
