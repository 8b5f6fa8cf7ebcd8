using System.Net;
using System.Text.Json.Nodes;
using Partner.Sending;
using Partner.Testing;

namespace Partner.Incidents.Tests;

public sealed class DatabaseTests(IncidentsDatabase database) : IClassFixture<IncidentsDatabase>
{
    private const string Create = "/api/v2/incidents";
    private const string Body = """{"data":{"attributes":{"title":"Down"}}}""";

    private static readonly Dictionary<string, string?> Refusing = new() { ["Outbox:AllowUnsafeDatabase"] = "false" };

    private readonly FakeDatadog _datadog = new();

    [Fact]
    [Trait("fault", "F20")]
    public async Task ADatabaseThatMayLoseCommitsIsRefused()
    {
        var exception = await Assert.ThrowsAsync<UnsafeDatabaseException>(() =>
            IncidentsHost.StartAsync(database.Database, _datadog, settings: Refusing)
        );
        Assert.StartsWith(
            "Postgres runs with fsync, full_page_writes, synchronous_commit off",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    [Trait("fault", "F20")]
    public async Task ADatabaseThatMayLoseCommitsSinceItCameBackStopsIt()
    {
        const string Setting = "ALTER ROLE incidents IN DATABASE {0} SET synchronous_commit = {1}";
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var own = await TestDatabase.CreateAsync(IncidentsDatabase.Scripts, "incidents", server);
        await using var host = await IncidentsHost.StartAsync(
            own,
            _datadog,
            settings: new(Refusing) { ["Outbox:Renewal"] = "00:00:00.1" }
        );
        Assert.Equal(HttpStatusCode.Created, (await host.PostAsync(Create, Body)).Status);
        await using var admin = server.OpenAdmin(own.Name);
        await using var command = admin.CreateCommand(string.Format(null, Setting, own.Name, "off"));
        await command.ExecuteNonQueryAsync();
        server.Kill();
        await server.RestartAsync();
        await host.Stopped.WaitAsync(TimeSpan.FromSeconds(60));
        Environment.ExitCode = 0;
    }

    [Fact]
    public async Task TheLoopLooksByItself()
    {
        await using var host = await IncidentsHost.StartAsync(
            database.Database,
            _datadog,
            settings: new() { ["Incidents:LookEvery"] = "00:00:00.1" }
        );
        _datadog.IsSearchable = false;
        _datadog.FailOnce(Fault.LostAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.PostAsync(Create, Body)).Status);
        _datadog.IsSearchable = true;
        await database.LetPassAsync(host.Connection, TimeSpan.FromSeconds(61));
        var delivered = await Until.AnsweredAsync(
            async () => JsonNode.Parse(await host.GetAsync("deliveries"))!["delivered"]!.GetValue<int>(),
            count => count > 0
        );
        Assert.Equal((1, 1), (delivered, _datadog.Writes.Count()));
    }
}
