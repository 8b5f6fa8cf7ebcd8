using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.Logs;
using Partner.Sending;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Bench.Micro;

internal sealed class LogsBench : IAsyncDisposable
{
    private readonly PostgresServer _server;
    private readonly TestDatabase _database;
    private readonly WebApplication _app;
    private readonly ServiceIdentity _gateway;
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 512 });
    private readonly LoopbackIntake _intake;
    private long _batches;

    private LogsBench(
        PostgresServer server,
        TestDatabase database,
        WebApplication app,
        ServiceIdentity gateway,
        LoopbackIntake intake
    )
    {
        (_server, _database, _app, _gateway, _intake) = (server, database, app, gateway, intake);
        _intake.Answer = _ =>
        {
            Interlocked.Increment(ref _batches);
            return Task.FromResult(HttpStatusCode.Accepted);
        };
    }

    public static async Task<LogsBench> StartAsync()
    {
        var server = await PostgresServer.StartAsync(durable: true);
        var database = await TestDatabase.CreateAsync("services/Senders/Sending/Migrations", "logs", server);
        var (gateway, self) = (new ServiceIdentity("gateway"), new ServiceIdentity("logs"));
        var intake = new LoopbackIntake("Logs") { Keeps = false };
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:database"] = database.ConnectionString,
                ["services:auth:http:0"] = "http://auth.test",
                ["services:vault:http:0"] = "http://vault.test",
                ["services:site-router:http:0"] = "http://router.test",
            }
                .Concat(self.AsSelf())
                .Concat(gateway.AsCaller("append", "partner"))
        );
        builder.AddServiceDefaults();
        builder.AddSending(new LogsSender());
        foreach (var client in new[] { "IntakeClient", "ConnectionClient", "ApiKeyClient", "RouterClient" })
        {
            builder.Services.AddHttpClient(client).ConfigurePrimaryHttpMessageHandler(() => intake);
        }

        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapSending();
        await app.StartAsync();
        return new LogsBench(server, database, app, gateway, intake);
    }

    public async Task RunAsync(int connections, int workers, int items, TimeSpan duration)
    {
        var ids = Enumerable.Range(0, connections).Select(_ => ConnectionId.New()).ToList();
        var bodies = Enumerable.Range(0, 16).Select(i => Sample.Request(items, i)).ToList();
        var (accepted, refused, latencies) = (0L, 0L, new List<double>());
        var deliveredBefore = await DeliveredAsync();
        var commitsBefore = await CommitsAsync();
        _batches = 0;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(
            Enumerable
                .Range(0, workers)
                .Select(worker =>
                    Task.Run(async () =>
                    {
                        var own = new List<double>();
                        for (var i = worker; Stopwatch.GetElapsedTime(started) < duration; i++)
                        {
                            var before = Stopwatch.GetTimestamp();
                            var status = await PostAsync(ids[i * 7 % connections], bodies[i % bodies.Count]);
                            own.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
                            Interlocked.Increment(ref status == HttpStatusCode.Accepted ? ref accepted : ref refused);
                        }

                        lock (latencies)
                        {
                            latencies.AddRange(own);
                        }
                    })
                )
        );
        var accepting = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await Until.AnsweredAsync(
            () => _database.ScalarAsync<long>("SELECT count(*) FROM segments"),
            left => left == 0
        );
        var delivering = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var delivered = await DeliveredAsync() - deliveredBefore;
        latencies.Sort();
        Console.WriteLine(
            $"{connections, 5} connections, {workers, 4} clients, {items, 4} items a request: "
                + $"{accepted * items / accepting, 8:F0} items/s accepted ({accepted / accepting, 6:F0} requests/s, p50 {latencies[latencies.Count / 2]:F1} ms, "
                + $"p99 {latencies[latencies.Count * 99 / 100]:F1} ms, {refused} refused), {delivered / delivering, 8:F0} items/s delivered, "
                + $"{(double)delivered / Math.Max(1, _batches):F0} items a batch, "
                + $"{(double)accepted / Math.Max(1, await CommitsAsync() - commitsBefore):F1} requests a commit (settling included)"
                + (delivered == accepted * items ? "" : $"  LOST OR DOUBLED: {delivered} of {accepted * items}")
        );
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        await _server.DisposeAsync();
        _gateway.Dispose();
    }

    private async Task<HttpStatusCode> PostAsync(ConnectionId connection, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _app.Urls.Single() + "/api/v2/logs");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            _gateway.TokenFor("logs", new ServiceClaims(connection.Text))
        );
        request.Content = new ByteArrayContent(body);
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }

    private Task<long> DeliveredAsync() =>
        _database.ScalarAsync<long>("SELECT coalesce(sum(delivered), 0)::bigint FROM settled");

    private Task<long> CommitsAsync() =>
        _database.ScalarAsync<long>(
            "SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database WHERE datname = current_database()"
        );
}
