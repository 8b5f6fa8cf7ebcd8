using System.Net;
using Partner.Sending.DeadLetters;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>A replay among live data, cut off, and of what is too old (F32).</summary>
public sealed class ReplayTests(SendingDatabase database) : ReplayCalls, IClassFixture<SendingDatabase>
{
    [Fact]
    [Trait("fault", "F32")]
    public async Task AReplayThatIsCutOffMidwayIsGoneOnWithAndEveryLetterArrivesOnce()
    {
        const int Count = 5_000;
        await WriteAsync(database.Database, Count);
        Dictionary<string, string?> settings = new()
        {
            ["DeadLetters:ReplayBatch"] = "200",
            ["Delivery:Drain"] = "00:00:00.1",
            ["Delivery:Timeout"] = "00:00:02",
        };
        var first = await SendingHost.StartAsync(database.ConnectionString, settings: settings);
        first.Datadog.Answer = (r, cancellationToken) =>
            first.Datadog.TakenLines.Count < Count / 3 ? FakeDatadog.Accepted() : HangAsync(cancellationToken);
        var replay = await StartAsync(first, new { });
        Assert.Equal(("running", (long)Count), (replay.State, replay.Total));
        await first.Datadog.WaitForAsync(Count / 3);
        await Until.TrueAsync(async () =>
            (await ShowAsync(first, replay.Id)).Replayed > first.Datadog.TakenLines.Count
        );
        await first.DisposeAsync();
        Assert.InRange(
            await database.Database.ScalarAsync<long>(
                "SELECT count(*) FROM dead_letters WHERE connection = $1 AND replayed_at IS NULL",
                Connection.Text
            ),
            1,
            Count - 1
        );

        // What was under way when it ended is Datadog's to have or not; here it was not taken.
        await using var second = await SendingHost.StartAsync(database.ConnectionString, settings: settings);
        var taken = first.Datadog.TakenLines;
        await second.Datadog.WaitForAsync(Count - taken.Count);
        await Until.TrueAsync(async () => (await ShowAsync(second, replay.Id)).State == "done");
        await database.WaitUntilSettledAsync(Connection);
        Assert.Equal(
            Enumerable.Range(1, Count).Select(i => $"letter-{i}").Order(),
            taken.Concat(second.Datadog.TakenLines).Order()
        );
        var done = await ShowAsync(second, replay.Id);
        Assert.Equal((Count, 0L, 0L), (done.Replayed, done.RefusedExpired, done.RefusedFuture));
        // Nothing of it is dead any more, and nothing was accepted twice.
        var told = await second.DeliveriesAsync(Connection);
        Assert.Equal((5_000L, 5_000L, 0L), (told.Accepted, told.Delivered, told.DeadLetters));
        Assert.Equal(0, (await StartAsync(second, new { })).Total);
    }

    [Fact]
    [Trait("fault", "F32")]
    public async Task LiveDataGoesAheadOfWhatIsReplayed()
    {
        await WriteAsync(database.Database, 40);
        // Of different variants, so that each step is a request of its own, however fast they follow each other.
        await database.Database.ExecuteAsync(
            """
            UPDATE dead_letters SET variant = 'r' || (split_part(convert_from(item, 'UTF8'), '-', 2)::integer - 1) / 10
            WHERE connection = $1
            """,
            Connection.Text
        );
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new()
            {
                ["DeadLetters:ReplayBatch"] = "10",
                ["Delivery:LaneConcurrency"] = "1",
                ["Delivery:Slow"] = "00:05:00",
            }
        );
        var hold = new TaskCompletionSource();
        host.Datadog.Answer = async (_, cancellationToken) =>
        {
            await hold.Task.WaitAsync(cancellationToken);
            return await FakeDatadog.Accepted();
        };
        await StartAsync(host, new { });
        // One is on its way, the other waits behind it, and no more are made.
        await Until.TrueAsync(() => host.Datadog.Requests.Count == 1);
        Assert.Equal(
            2,
            await SendingDatabase.WaitForAsync(
                database.Database,
                "SELECT count(*) FROM segments WHERE connection = $1 AND replay IS NOT NULL",
                2,
                Connection.Text
            )
        );
        await Until.TrueAsync(() => host.Get<Lanes.LaneScheduler>().MemoryBytes > 0);
        foreach (var live in new[] { "a", "b", "c" })
        {
            using var response = await host.PostAsync(Connection, $"live-{live}", query: $"?v={live}");
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        hold.SetResult();
        var lines = await host.Datadog.WaitForAsync(43);
        Assert.Equal(["live-a", "live-b", "live-c"], lines[10..13]);
        Assert.Equal(43, lines.Distinct().Count());
    }

    [Fact]
    [Trait("fault", "F32")]
    public async Task AReplayWaitsWhileLiveDataHasBacklog()
    {
        await WriteAsync(database.Database, 20);
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["DeadLetters:LiveBacklog"] = "00:00:00.1" }
        );
        var fails = true;
        host.Datadog.Answer = (_, _) =>
            Volatile.Read(ref fails) ? FakeDatadog.Status(HttpStatusCode.ServiceUnavailable) : FakeDatadog.Accepted();
        await host.PostAsync(Connection, "live");
        await Until.TrueAsync(() => !host.Datadog.Requests.IsEmpty);
        await Task.Delay(150);
        var replay = await StartAsync(host, new { });
        for (var i = 0; i < 5; i++)
        {
            // Its own loop steps too; neither moves anything.
            Assert.False(await host.Get<Replayer>().StepOnceAsync(CancellationToken.None));
            Assert.Equal(ReplayStep.Waits, (await StepAsync(host, replay.Id)).Step);
        }

        Assert.Equal(0, (await ShowAsync(host, replay.Id)).Replayed);
        Volatile.Write(ref fails, false);
        Assert.Equal("live", (await host.Datadog.WaitForAsync(21))[0]);
    }

    [Fact]
    [Trait("fault", "F32")]
    public async Task WhatDatadogWouldDropSilentlyStaysADeadLetterAndIsCounted()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var now = TimeProvider.System.GetUtcNow();
        await WriteAsync(database.Database, 3, "expired", now.AddHours(-2).ToUnixTimeMilliseconds());
        await WriteAsync(database.Database, 2, "future", now.AddHours(2).ToUnixTimeMilliseconds());
        await WriteAsync(database.Database, 1, "future", now.AddMinutes(-1).ToUnixTimeMilliseconds());
        await WriteAsync(database.Database, 4, "rejected", now.AddMinutes(-10).ToUnixTimeMilliseconds());
        var replay = await StartAsync(host, new { });
        await Until.TrueAsync(async () => (await ShowAsync(host, replay.Id)).State == "done");
        var done = await ShowAsync(host, replay.Id);
        Assert.Equal((10L, 5L, 3L, 2L), (done.Total, done.Replayed, done.RefusedExpired, done.RefusedFuture));
        Assert.Equal(5, (await host.Datadog.WaitForAsync(5)).Count);
        await database.WaitUntilSettledAsync(Connection);
        Assert.Equal(
            5,
            await database.Database.ScalarAsync<long>(
                "SELECT count(*) FROM dead_letters WHERE connection = $1 AND replayed_at IS NULL",
                Connection.Text
            )
        );
    }

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    [Trait("fault", "F32")]
    public async Task AMillionLettersArriveOnceHoweverOftenServiceAndDatabaseEnd()
    {
        const int Count = 1_000_000;
        const int Lives = 6;
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var own = await TestDatabase.CreateAsync(SendingDatabase.Scripts, "logs", server);
        await WriteAsync(own, Count);
        var times = new int[Count + 1];
        long replay = 0;
        for (var life = 1; life <= Lives; life++)
        {
            await using var host = await SendingHost.StartAsync(own.ConnectionString, allowUnsafe: false);
            var arrived = 0;
            host.Datadog.Answer = (r, _) =>
            {
                r.Lines.Select(line => int.Parse(line["letter-".Length..]))
                    .ToList()
                    .ForEach(i => Interlocked.Increment(ref times[i]));
                Interlocked.Add(ref arrived, r.Lines.Count);
                return FakeDatadog.Accepted();
            };
            replay = life == 1 ? (await StartAsync(host, new { })).Id : replay;
            await Until.TrueAsync(() => Volatile.Read(ref arrived) > 60_000);
            server.Kill();
            await server.RestartAsync();
            // The test's own connections ended with the server.
            own.Source.Clear();
            await Until.TrueAsync(() => Volatile.Read(ref arrived) > 120_000);
            if (life == Lives)
            {
                await Until.TrueAsync(async () => (await ShowAsync(host, replay)).State == "done");
                Assert.Equal(0, await SendingDatabase.WaitForAsync(own, "SELECT count(*) FROM segments", 0));
                Assert.Equal(Count, (await ShowAsync(host, replay)).Replayed);
            }
        }

        Assert.Equal(0, times.Skip(1).Count(t => t == 0));
        // What a kill of the database kept from being settled is sent again by who claims it; nothing else is.
        Assert.InRange(times.Count(t => t > 1), 0, Lives * 10_000);
    }
}
