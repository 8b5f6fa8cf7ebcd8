using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;
using StackExchange.Redis;

namespace Partner.StandIns.Tests;

public class StoreTests(TinyApp tiny)
{
    [Fact(Timeout = 60_000)]
    public async Task PostgresKeepsItsDataWhenItIsKilled()
    {
        using var host = await ClientsAsync();
        var dataSource = host.Services.GetRequiredService<NpgsqlDataSource>();
        await using (var insert = dataSource.CreateCommand("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number"))
        {
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var before = await tiny.ProcessIdAsync("postgres");
        Processes.Kill(before);
        await tiny.SnapshotAsync("postgres", KnownResourceStates.Exited);
        var result = await tiny.App.ResourceCommands.ExecuteCommandAsync(
            "postgres", KnownResourceCommands.StartCommand, TestContext.Current.CancellationToken);

        Assert.Equal((true, null), (result.Success, result.Message));
        Assert.NotEqual(before, await tiny.ProcessIdAsync("postgres"));
        dataSource.Clear();
        await using var count = dataSource.CreateCommand("SELECT count(*) FROM kept");
        Assert.Equal(1000L, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        await using var settings = dataSource.CreateCommand("SELECT current_setting('fsync') || current_setting('max_connections')");
        Assert.Equal("on300", await settings.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task RedisAnswersWhoKnowsItsPassword()
    {
        using var host = await ClientsAsync();
        var database = host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        await database.StringSetAsync("key", "value");
        Assert.Equal("value", (await database.StringGetAsync("key")).ToString());

        var connectionString = await tiny.App.GetConnectionStringAsync("cache", TestContext.Current.CancellationToken);
        var options = ConfigurationOptions.Parse(connectionString!);
        options.Password = "another";
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(options));
    }

    [Fact(Timeout = 60_000)]
    public async Task ClientsHaveHealthChecks()
    {
        using var host = await ClientsAsync();
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["PostgreSql", "StackExchange.Redis"], report.Entries.Keys.Order());
        Assert.Equal(HealthStatus.Healthy, report.Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task AbsentRedisIsUnhealthyAndStopsNoStart()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["ConnectionStrings:cache"] = "127.0.0.1:1,connectTimeout=200,syncTimeout=200";
        builder.AddRedisClient("cache");
        using var host = builder.Build();
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
    }

    private async Task<IHost> ClientsAsync()
    {
        await tiny.ProcessIdAsync("postgres");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:database"] = $"{await tiny.App.GetConnectionStringAsync("postgres")};Database=postgres",
            ["ConnectionStrings:cache"] = await tiny.App.GetConnectionStringAsync("cache"),
        });
        builder.AddNpgsqlDataSource("database");
        builder.AddRedisClient("cache");
        return builder.Build();
    }
}
