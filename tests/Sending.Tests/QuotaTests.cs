using System.Net;
using Npgsql;
using Partner.Contracts;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

[Trait("fault", "F22")]
public sealed class QuotaTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private const int Line = 100_000;

    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    public async Task AConnectionAtItsQuotaIsAnswered429AndOthersAreNotAndItGoesOnWhenItsBacklogGoes()
    {
        await using var host = await StartAsync(connection: 250_000);
        Assert.Equal([202, 202], await PostAsync(host, _connection, 2));
        using var full = await host.PostAsync(_connection, new string('x', Line));
        Assert.Equal(
            (
                HttpStatusCode.TooManyRequests,
                """{"errors":["Too much of this connection is undelivered; try again later."]}"""
            ),
            (full.StatusCode, await full.Content.ReadAsStringAsync())
        );
        Assert.Equal(
            ("30", "30", "backlog"),
            (
                full.Headers.RetryAfter?.ToString(),
                full.Headers.GetValues("X-RateLimit-Reset").Single(),
                full.Headers.GetValues("X-RateLimit-Name").Single()
            )
        );
        Assert.Equal([202, 202], await PostAsync(host, ConnectionId.New(), 2));
        host.Datadog.Answer = (_, _) => FakeDatadog.Accepted();
        Assert.Equal(202, await UntilAcceptedAsync(host, _connection));
        // Others of this class leave a backlog in the same database, which this host takes over.
        int Lines() => host.Datadog.Taken.Where(r => r.Connection == _connection.Text).Sum(r => r.Lines.Count);
        Assert.Equal(3, await Until.AnsweredAsync(Lines, lines => lines >= 3));
    }

    [Fact]
    [Trait("security", "51")]
    public async Task WhatStrangersSendLeavesHalfOfTheConnectionsRoom()
    {
        await using var host = await StartAsync(connection: 350_000);

        Assert.Equal([202, 202, 429], await PostAsync(host, _connection, 3, "/public"));
        Assert.Equal([202, 429], await PostAsync(host, _connection, 2));
        Assert.Equal([202], await PostAsync(host, ConnectionId.New(), 1, "/public"));
    }

    [Fact]
    public async Task AFullOutboxIsAnswered503ForEverybodyAndThePodStaysReady()
    {
        // Others of this class have left nothing but what is undelivered of theirs.
        var before = await database.Database.ScalarAsync<long>(
            "SELECT coalesce(sum(raw_bytes), 0)::bigint FROM segments"
        );
        await using var host = await StartAsync(all: before + 250_000);
        Assert.Equal([202, 202], await PostAsync(host, _connection, 2));
        using var full = await host.PostAsync(ConnectionId.New(), new string('x', Line));
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "30", """{"errors":["Too much is undelivered; try again later."]}"""),
            (full.StatusCode, full.Headers.RetryAfter?.ToString(), await full.Content.ReadAsStringAsync())
        );
        using var health = await host.Http.GetAsync(host.App.Urls.Single() + "/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task TheQuotaIsRightAfterARestartAndOnEveryInstance()
    {
        await using (var first = await StartAsync(connection: 250_000))
        {
            Assert.Equal([202, 202, 429], await PostAsync(first, _connection, 3));
        }

        await using var second = await StartAsync(connection: 250_000);
        await using var third = await StartAsync(connection: 350_000);
        Assert.Equal([429], await PostAsync(second, _connection, 1));
        Assert.Equal([202], await PostAsync(third, _connection, 1));
        // What the third has taken, the others see at their next look.
        await using var fourth = await StartAsync(connection: 350_000);
        Assert.Equal([429], await PostAsync(fourth, _connection, 1));
        await database.Database.ExecuteAsync("DELETE FROM segments WHERE connection = $1", _connection.Text);
        await second.Get<OutboxJanitor>().TryOnceAsync(CancellationToken.None);
        Assert.Equal([202], await PostAsync(second, _connection, 1));
    }

    [Fact]
    public async Task ARequestOverTheQuotaIsTakenWhereThereIsNothingElse()
    {
        await using var host = await StartAsync(connection: 50_000);
        Assert.Equal([202, 429], await PostAsync(host, _connection, 2));
    }

    [Theory]
    [InlineData("53100")]
    [InlineData("53400")]
    [InlineData("53200")]
    [InlineData("40001")]
    public async Task WhateverADatabaseRefusesACommitForIs503AndNothingOfItIsStored(string state)
    {
        await using var host = await StartAsync();
        var function = $"refuse_{state}_{_connection.Text[^8..].ToLowerInvariant()}";
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        await ExecuteAsync(
            admin,
            $"""
            SET search_path = logs;
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$;
            CREATE TRIGGER {function} BEFORE INSERT ON segments FOR EACH ROW
            WHEN (NEW.connection = '{_connection.Text}') EXECUTE FUNCTION {function}();
            """
        );
        using var refused = await host.PostAsync(_connection, "x", key: "k");
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "5"),
            (refused.StatusCode, refused.Headers.RetryAfter?.ToString())
        );
        await ExecuteAsync(admin, $"DROP FUNCTION logs.{function} CASCADE");
        Assert.Equal(
            0,
            await database.Database.ScalarAsync<long>(
                "SELECT (SELECT count(*) FROM segments WHERE connection = $1) + (SELECT count(*) FROM idempotency_keys WHERE connection = $1)",
                _connection.Text
            )
        );
        Assert.Equal([202], await PostAsync(host, _connection, 1));
    }

    private async Task<SendingHost> StartAsync(long connection = 1_000_000_000, long all = 1_000_000_000)
    {
        var datadog = new FakeDatadog { Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.ServiceUnavailable) };
        return await SendingHost.StartAsync(
            database.ConnectionString,
            datadog,
            settings: new()
            {
                ["Outbox:MaxConnectionBacklogBytes"] = $"{connection}",
                ["Outbox:MaxBacklogBytes"] = $"{all}",
                // No look but those that a test makes.
                ["Outbox:BacklogLook"] = "00:10:00",
                ["Delivery:Drain"] = "00:00:00.1",
                ["Delivery:Timeout"] = "00:00:02",
            }
        );
    }

    private static async Task ExecuteAsync(NpgsqlDataSource admin, string sql)
    {
        await using var command = admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<int>> PostAsync(
        SendingHost host,
        ConnectionId connection,
        int requests,
        string path = "/in"
    )
    {
        var statuses = new List<int>();
        for (var i = 0; i < requests; i++)
        {
            using var response = await host.PostAsync(connection, new string('x', Line), path: path);
            statuses.Add((int)response.StatusCode);
        }

        return statuses;
    }

    private static Task<int> UntilAcceptedAsync(SendingHost host, ConnectionId connection) =>
        Until.AnsweredAsync(async () => (await PostAsync(host, connection, 1))[0], status => status == 202);
}
