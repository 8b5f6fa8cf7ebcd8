using System.Collections.Concurrent;
using System.Net;
using Partner.Contracts;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class CrashTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private static readonly Dictionary<string, string?> ShortLease = new()
    {
        ["Outbox:Lease"] = "00:00:01",
        ["Outbox:Renewal"] = "00:00:00.1",
        ["Outbox:ClaimDelay"] = "00:00:00.3",
    };

    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    [Trait("fault", "F19")]
    public async Task WhatAnEndedInstanceLeftIsClaimedAndALateOneDeliversNothing()
    {
        // Its clock stands still, as that of a stopped process: no renewal, no delivery.
        var stopped = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        var hold = new TaskCompletionSource();
        await using var first = await SendingHost.StartAsync(
            database.ConnectionString,
            time: stopped,
            settings: ShortLease
        );
        first.Datadog.Answer = async (_, cancellationToken) =>
        {
            await hold.Task.WaitAsync(cancellationToken);
            return await FakeDatadog.Status(HttpStatusCode.ServiceUnavailable);
        };
        for (var i = 0; i < 20; i++)
        {
            using var response = await first.PostAsync(_connection, $"line-{i}");
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        await using var second = await SendingHost.StartAsync(database.ConnectionString, settings: ShortLease);
        var expected = Enumerable.Range(0, 20).Select(i => $"line-{i}").Order().ToList();
        Assert.Equal(expected, (await second.Datadog.WaitForAsync(20)).Order());
        await database.WaitUntilSettledAsync(_connection);

        var before = first.Datadog.Requests.Count;
        var epoch = first.Get<Instance>().Epoch;
        // Its answer comes when the lease is over; one that comes before may be tried again while it is not.
        stopped.Advance(TimeSpan.FromSeconds(60));
        hold.SetResult();
        await Until.TrueAsync(() => first.Get<Instance>().Epoch != epoch);

        // From here on its clock goes as others do, or its new lease would run out too.
        using var going = new CancellationTokenSource();
        var clock = RunAsync(stopped, going.Token);
        Assert.Equal(before, first.Datadog.Requests.Count);
        first.Datadog.Answer = (_, _) => FakeDatadog.Accepted();
        await first.PostAsync(_connection, "goes on");
        Assert.Equal(["goes on"], await first.Datadog.WaitForAsync(1));
        await database.WaitUntilSettledAsync(_connection);
        Assert.Equal(20, second.Datadog.TakenLines.Count);
        await going.CancelAsync();
        await clock;
    }

    [Fact]
    [Trait("fault", "F26")]
    public async Task AnOrderlyStopDeliversWhatItAcceptedBeforeIt()
    {
        var first = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["Delivery:Drain"] = "00:01:00" }
        );
        var hold = new TaskCompletionSource();
        first.Datadog.Answer = async (_, cancellationToken) =>
        {
            await hold.Task.WaitAsync(cancellationToken);
            return await FakeDatadog.Accepted();
        };
        // A lane that has not proven itself sends one at a time: the others are still queued when the stop begins.
        var lines = new[] { "in flight", "queued", "queued too" };
        foreach (var line in lines)
        {
            await first.PostAsync(_connection, line);
        }

        await Until.TrueAsync(() => first.Datadog.Requests.Count == 1);
        var stopping = first.DisposeAsync();
        hold.SetResult();
        await stopping;
        Assert.Equal(lines.Order(), first.Datadog.TakenLines.Order());
        Assert.Equal(
            0,
            await database.Database.ScalarAsync<long>(
                "SELECT count(*) FROM segments WHERE connection = $1",
                _connection.Text
            )
        );
    }

    [Fact]
    [Trait("fault", "F26")]
    public async Task WhatAnOrderlyStopCannotDeliverIsLeftToOthersAtOnce()
    {
        // A lease longer than this test: if it were not given back, nobody would claim what is left.
        var first = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new()
            {
                ["Outbox:Lease"] = "00:05:00",
                ["Delivery:Drain"] = "00:00:00.5",
                ["Delivery:Timeout"] = "00:00:02",
            }
        );
        first.Datadog.Answer = (r, _) =>
            r.Lines.Contains("stays") ? FakeDatadog.Status(HttpStatusCode.ServiceUnavailable) : FakeDatadog.Accepted();
        await first.PostAsync(_connection, "goes");
        await first.Datadog.WaitForAsync(1);
        await first.PostAsync(_connection, "stays");
        await first.DisposeAsync();
        Assert.Equal(["goes"], first.Datadog.TakenLines);
        await using var second = await SendingHost.StartAsync(database.ConnectionString);
        Assert.Equal(["stays"], await second.Datadog.WaitForAsync(1));
        await database.WaitUntilSettledAsync(_connection);
        Assert.Equal(
            2,
            await database.Database.ScalarAsync<long>(
                "SELECT sum(delivered)::bigint FROM settled WHERE connection = $1",
                _connection.Text
            )
        );
    }

    [Fact]
    [Trait("fault", "F21")]
    public async Task ATornSegmentIsSetAsideAndTheRestFlows()
    {
        var first = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["Delivery:Drain"] = "00:00:00.1", ["Delivery:Timeout"] = "00:00:01" }
        );
        first.Datadog.Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.ServiceUnavailable);
        foreach (var line in new[] { "one", "two", "three" })
        {
            await first.PostAsync(_connection, line);
        }

        await first.DisposeAsync();
        await database.Database.ExecuteAsync(
            """
            UPDATE segments SET body = set_byte(body, 3, get_byte(body, 3) # 255)
            WHERE id = (SELECT id FROM segments WHERE connection = $1 ORDER BY id OFFSET 1 LIMIT 1)
            """,
            _connection.Text
        );
        await using var second = await SendingHost.StartAsync(database.ConnectionString);
        Assert.Equal(["one", "three"], (await second.Datadog.WaitForAsync(2)).Order());
        Assert.Equal(
            1,
            await SendingDatabase.WaitForAsync(
                database.Database,
                "SELECT count(*) FROM segments WHERE connection = $1",
                1,
                _connection.Text
            )
        );
        Assert.Equal(1, (await second.DeliveriesAsync(_connection)).Quarantined);
    }

    [Fact]
    public async Task ARowThatNoLaneKnowsOfIsFoundAfterACommitOfUnknownOutcome()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString, settings: ShortLease);
        // What a commit leaves whose answer was lost: a row of this epoch that was never handed over.
        var segment = OutboxFormatTests.SegmentOf(
            OutboxFormatTests.Write([("found", 0)]),
            1,
            id: 50,
            _connection,
            host.Get<Instance>().Epoch
        );
        await using (var connection = await database.Database.Source.OpenConnectionAsync())
        {
            await new AppendStore(database.Database.Source).AppendAsync(
                connection,
                segment.Epoch,
                new AppendRows([SegmentCodec.Encode(segment)], []),
                TimeSpan.FromSeconds(5),
                durable: true,
                CancellationToken.None
            );
        }

        host.Get<Instance>().SweepSoon();
        Assert.Equal(["found"], await host.Datadog.WaitForAsync(1));
    }

    [Fact]
    public async Task ADatabaseThatMayLoseCommitsIsRefused()
    {
        await using var app = (
            await SendingHost.StartAsync(database.ConnectionString, allowUnsafe: false, start: false)
        ).App;
        var exception = await Assert.ThrowsAsync<UnsafeDatabaseException>(() => app.StartAsync());
        Assert.StartsWith(
            "Postgres runs with fsync, full_page_writes, synchronous_commit off",
            exception.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    [Trait("fault", "F7")]
    [Trait("fault", "F19")]
    public async Task PostgresKilledUnderLoadLosesNothingThatWasAccepted()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var own = await TestDatabase.CreateAsync(SendingDatabase.Scripts, "logs", server);
        await using var host = await SendingHost.StartAsync(own.ConnectionString, allowUnsafe: false);
        var connections = Enumerable.Range(0, 5).Select(_ => ConnectionId.New()).ToList();
        var accepted = new ConcurrentBag<string>();
        var statuses = new ConcurrentBag<HttpStatusCode>();
        using var stop = new CancellationTokenSource();
        var load = Enumerable
            .Range(0, 8)
            .Select(worker =>
                Task.Run(async () =>
                {
                    for (var i = 0; !stop.IsCancellationRequested; i++)
                    {
                        var line = $"{worker}-{i}";
                        using var response = await host.PostAsync(connections[worker % 5], line);
                        statuses.Add(response.StatusCode);
                        if (response.StatusCode == HttpStatusCode.Accepted)
                        {
                            accepted.Add(line);
                        }
                    }
                })
            )
            .ToList();

        for (var kills = 0; kills < 3; kills++)
        {
            await WaitUntilMoreAsync(accepted, 100);
            server.Kill();
            await Until.TrueAsync(() => statuses.Contains(HttpStatusCode.ServiceUnavailable));
            await server.RestartAsync();
        }

        await WaitUntilMoreAsync(accepted, 100);
        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.ServiceUnavailable], statuses.Distinct().Order());
        await Until.TrueAsync(() => accepted.Except(host.Datadog.TakenLines).Count() == 0);
        Assert.Empty(accepted.Except(host.Datadog.TakenLines));
        Assert.Equal(0, await SendingDatabase.WaitForAsync(own, "SELECT count(*) FROM segments", 0));
        // What was delivered was issued, and nothing twice: no answer of Datadog's was lost.
        Assert.Equal(host.Datadog.TakenLines.Count, host.Datadog.TakenLines.Distinct().Count());
    }

    [Fact]
    [Trait("fault", "F7")]
    public async Task ItStartsWithoutADatabaseAnswers503AndGoesOnWhenItIsThere()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var own = await TestDatabase.CreateAsync(SendingDatabase.Scripts, "logs", server);
        server.Kill();
        await using var host = await SendingHost.StartAsync(own.ConnectionString, allowUnsafe: false);
        using var response = await host.PostAsync(_connection, "x");
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "5"),
            (response.StatusCode, response.Headers.RetryAfter?.ToString())
        );
        using var health = await host.Http.GetAsync(host.App.Urls.Single() + "/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        await server.RestartAsync();
        await Until.TrueAsync(() => host.Get<Instance>().IsOpen);
        using var later = await host.PostAsync(_connection, "y");
        Assert.Equal(HttpStatusCode.Accepted, later.StatusCode);
        Assert.Equal(["y"], await host.Datadog.WaitForAsync(1));
    }

    private static Task WaitUntilMoreAsync(ConcurrentBag<string> bag, int more)
    {
        var target = bag.Count + more;
        return Until.TrueAsync(() => bag.Count >= target);
    }

    private static async Task RunAsync(ManualTimeProvider clock, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            clock.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
