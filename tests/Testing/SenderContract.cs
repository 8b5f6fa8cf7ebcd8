using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.Testing.PartnerApi;
using Xunit;

namespace Partner.Testing;

/// <summary>
/// What every sender promises, whatever its data type. A sender's test class inherits it, or
/// <see cref="OutboxSenderContract"/> if it has an outbox, and says what its requests look like; the sender runs as it
/// is, on a free port, with Postgres behind it and <see cref="Upstream"/> before it.
/// </summary>
public abstract partial class SenderContract : IAsyncLifetime
{
    private const string NoDeliveries =
        """{"accepted":0,"delivered":0,"backlog":{"items":0,"segments":0,"oldest_at":null,"bytes":0},"dead_letters":0,"possible_duplicates":0,"quarantined":0,"state":"flowing","reason":null}""";

    private const string OneDelivery =
        """{"accepted":1,"delivered":1,"backlog":{"items":0,"segments":0,"oldest_at":null,"bytes":0},"dead_letters":0,"possible_duplicates":0,"quarantined":0,"state":"flowing","reason":null}""";

    private protected readonly ServiceIdentity _gateway = new("gateway");
    private protected readonly HttpClient _http = new(new SocketsHttpHandler());
    private ServiceIdentity? _self;
    private Outage? _outage;
    private WebApplication? _app;

    protected WebApplication App => _app!;

    /// <summary>As in the AppHost.</summary>
    protected abstract string Name { get; }

    /// <summary>Folder of its SQL scripts.</summary>
    protected abstract string Scripts { get; }

    /// <summary>A path, its success status, and a body that one item makes valid.</summary>
    protected abstract (string Path, HttpStatusCode Success, string Body)[] ValidRequests { get; }

    /// <summary>Of a success; null: it has none.</summary>
    protected virtual string? AnswerTypeOf(string path) => "application/json";

    /// <summary>A path, a status, a body that gets it, and the whole answer; one at least is too large.</summary>
    protected abstract (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests { get; }

    /// <summary>Requests for each row of the table in its README, and for none that is not there.</summary>
    protected abstract RequestCase[] Cases { get; }

    /// <summary>All that the sender calls.</summary>
    protected abstract HttpMessageHandler Upstream { get; }

    /// <summary>The sender's clients, which call <see cref="Upstream"/> instead.</summary>
    protected abstract IReadOnlyList<string> Clients { get; }

    protected TestDatabase Database { get; private set; } = null!;

    protected ConnectionId Connection { get; } = ConnectionId.New();

    protected abstract void Add(IHostApplicationBuilder builder);

    protected abstract void Map(IEndpointRouteBuilder routes);

    public async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync(Scripts, Name);
        _outage = new Outage(Database.Server.Port);
        _self = new ServiceIdentity(Name);
        _app = await StartAsync();
    }

    /// <summary>A replica of the sender, on the same database.</summary>
    protected async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:database"] = new NpgsqlConnectionStringBuilder(Database.ConnectionString)
                {
                    Port = _outage!.Port,
                }.ConnectionString,
                ["Outbox:AllowUnsafeDatabase"] = "true",
                ["services:auth:http:0"] = "http://auth.test",
                ["services:vault:http:0"] = "http://vault.test",
                ["services:site-router:http:0"] = "http://router.test",
            }
                .Concat(_self!.AsSelf())
                .Concat(_gateway.AsCaller("append", "partner"))
        );
        builder.AddServiceDefaults();
        Add(builder);
        builder.Services.AddPartnerApiDescription();
        foreach (var client in Clients)
        {
            builder.Services.AddHttpClient(client).ConfigurePrimaryHttpMessageHandler(() => Upstream);
        }

        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapDefaultEndpoints();
        Map(app);
        await app.StartAsync();
        return app;
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

        await (_outage?.DisposeAsync() ?? default);
        await Database.DisposeAsync();
        _self?.Dispose();
        _gateway.Dispose();
    }

    [Fact]
    public void EveryEndpointOfThePartnerApiIsInItsDocument() =>
        PartnerApiDescription.AssertDescribed(_app!, "services/Senders/Sending", Name);

    [Fact]
    public async Task DeliveriesAreCounted()
    {
        var (path, _, body) = ValidRequests[0];
        using var response = await PostAsync(path, body);
        var deliveries = await Until.AnsweredAsync(
            DeliveriesAsync,
            told => told.Contains("\"delivered\":1,", StringComparison.Ordinal)
        );
        Assert.Equal(OneDelivery, deliveries);
    }

    [Fact]
    [Trait("fault", "F7")]
    public async Task WithoutItsDatabaseItAnswers503AndStaysReadyAndGoesOnWhenItIsBack()
    {
        var (path, success, body) = ValidRequests[0];
        await BeginOutageAsync();
        using var away = await PostAsync(path, body);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (away.StatusCode, away.Headers.RetryAfter?.ToString()));
        using var ready = await _http.GetAsync(Url("/health"));
        using var alive = await _http.GetAsync(Url("/alive"));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [ready.StatusCode, alive.StatusCode]);
        EndOutage();
        await Until.AnsweredAsync(
            async () =>
            {
                using var back = await PostAsync(path, body);
                return back.StatusCode;
            },
            status => status == success
        );
    }

    protected Task<HttpResponseMessage> PostAsync(
        string path,
        string body,
        string contentType = "application/json",
        bool strict = false
    ) =>
        PostAsync(
            path,
            new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new(contentType) } },
            strict
        );

    protected Task<HttpResponseMessage> PostAsync(
        string path,
        HttpContent content,
        bool strict = false,
        HttpMethod? method = null
    ) =>
        SendAsync(
            method ?? HttpMethod.Post,
            path,
            _gateway.TokenFor(Name, new ServiceClaims(Connection.Text, strict)),
            content
        );

    protected Task<HttpResponseMessage> PostAsPartnerAsync(string path, string body) =>
        SendAsync(
            HttpMethod.Post,
            path,
            _gateway.TokenFor(Name, new ServiceClaims(Actor: "test", Role: PartnerRoles.Manage)),
            new StringContent(body, Encoding.UTF8, "application/json")
        );

    /// <summary>Reasons of what was given up of a connection, separated by commas.</summary>
    protected virtual Task<string> DeadLettersAsync(ConnectionId connection) => Task.FromResult("");

    protected async Task<string> DeliveriesAsync()
    {
        using var response = await SendAsync(HttpMethod.Get, DeliveriesPath, _gateway.TokenFor(Name));
        return WithoutTimes(await response.Content.ReadAsStringAsync());
    }

    private protected string Readme => $"services/Senders/{GetType().Namespace!.Split('.')[1]}/README.md";

    /// <summary>Deliveries without when the last was.</summary>
    public static string WithoutTimes(string deliveries) => LastSuccess().Replace(deliveries, "");

    private string DeliveriesPath => $"/partner/v1/senders/{Name}/connections/{Connection.Text}/deliveries";

    private protected string Url(string path) => _app!.Urls.Single() + path;

    /// <summary>Of the database, for the sender alone.</summary>
    protected Task BeginOutageAsync() => _outage!.BeginAsync();

    protected void EndOutage() => _outage!.End();

    /// <summary>As <see cref="PostAsync(string, string, string, bool)"/>, to a replica.</summary>
    protected Task<HttpResponseMessage> PostAsync(WebApplication replica, string path, HttpContent content) =>
        SendAsync(
            HttpMethod.Post,
            replica.Urls.Single() + path,
            _gateway.TokenFor(Name, new ServiceClaims(Connection.Text, Strict: false)),
            content
        );

    private Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        string token,
        HttpContent? content = null
    )
    {
        var url = path.StartsWith('/') ? Url(path) : path;
        var request = new HttpRequestMessage(method, url) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return _http.SendAsync(request);
    }

    [GeneratedRegex(",\"last_success_at\":\"[^\"]+\"")]
    private static partial Regex LastSuccess();
}
