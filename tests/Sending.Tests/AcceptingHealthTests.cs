using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>Whoever looks at a sender's health learns that it takes nothing, and why.</summary>
public sealed class AcceptingHealthTests
{
    [Fact]
    public async Task ARoleThatMayNoLongerLogInIsSaidByItsHealthAndTheSenderGoesOnWhenItIsPutRight()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await TestDatabase.CreateAsync(SendingDatabase.Scripts, "logs", server);
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["Outbox:Lease"] = "00:00:10", ["Outbox:Renewal"] = "00:00:01" }
        );
        await UntilAsync(host, HealthStatus.Healthy, "");

        await AdminAsync(database, "ALTER ROLE logs NOLOGIN");
        await AdminAsync(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'logs'");
        await UntilAsync(host, HealthStatus.Degraded, "No lease on the database (SQLSTATE 28000)");
        using var away = await host.PostAsync(ConnectionId.New(), "line");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (away.StatusCode, away.Headers.RetryAfter?.ToString()));

        await AdminAsync(database, "ALTER ROLE logs LOGIN");
        await UntilAsync(host, HealthStatus.Healthy, "");
        using var back = await host.PostAsync(ConnectionId.New(), "line");
        Assert.Equal(HttpStatusCode.Accepted, back.StatusCode);
    }

    private static async Task AdminAsync(TestDatabase database, string sql)
    {
        await using var admin = database.Server.OpenAdmin(database.Name);
        await using var command = admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static Task UntilAsync(SendingHost host, HealthStatus status, string begin) =>
        Until.AnsweredAsync(
            async () =>
            {
                var report = await host.Get<HealthCheckService>().CheckHealthAsync();
                var found = report.Entries["accepting"];
                return (found.Status, Description: found.Description ?? "");
            },
            found => found.Status == status && found.Description.StartsWith(begin, StringComparison.Ordinal)
        );
}
