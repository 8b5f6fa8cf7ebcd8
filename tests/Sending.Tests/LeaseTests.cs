using Partner.Contracts;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class LeaseTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    [Trait("fault", "F30")]
    public async Task NothingSlowAtTheDatabaseCostsTheLease()
    {
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new()
            {
                ["Outbox:Lease"] = "00:00:02",
                ["Outbox:Renewal"] = "00:00:00.1",
                ["Outbox:ClaimDelay"] = "00:00:00",
            }
        );

        // An ended instance, whose counters cannot be folded as long as somebody holds their row.
        var ended = await database.Database.ScalarAsync<long>(
            "INSERT INTO instances (name, lease_until) VALUES ('ended', now() + interval '1 hour') RETURNING epoch"
        );
        await database.Database.ExecuteAsync("INSERT INTO accepted VALUES ('held', $1, 1, 0)", ended);
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        await using var holder = await admin.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (
            var hold = new Npgsql.NpgsqlCommand(
                "SELECT FROM logs.accepted WHERE connection = 'held' FOR UPDATE",
                holder
            )
        )
        {
            await hold.ExecuteNonQueryAsync();
        }

        await database.Database.ExecuteAsync("UPDATE instances SET lease_until = now() WHERE epoch = $1", ended);
        Assert.Equal(
            1,
            await SendingDatabase.WaitForAsync(database.Database, "SELECT count(*) FROM pg_locks WHERE NOT granted", 1)
        );
        var over = TimeProvider.System.GetTimestamp() + (3 * TimeProvider.System.TimestampFrequency);
        await Until.TrueAsync(() => host.Get<Instance>().LastLook > over);
        await host.PostAsync(_connection, "goes on");
        Assert.Equal(["goes on"], await host.Datadog.WaitForAsync(1));
        await transaction.RollbackAsync();
    }

    [Fact]
    [Trait("fault", "F19")]
    public async Task AnInstanceThatWasEndedTakesItsOwnWorkBackAtOnce()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await SendingHost.StartAsync(database.ConnectionString, time: time);
        var hold = new TaskCompletionSource();
        var first = 0;
        host.Datadog.Answer = async (_, _) =>
        {
            if (Interlocked.Increment(ref first) == 1)
            {
                await hold.Task;
            }

            return await FakeDatadog.Accepted();
        };
        await host.PostAsync(_connection, "under way");
        await Until.TrueAsync(() => first == 1);
        await host.PostAsync(_connection, "queued");
        var epoch = host.Get<Instance>().Epoch;
        await database.Database.ExecuteAsync("DELETE FROM instances WHERE epoch = $1", epoch);

        // It finds out with its next renewal. The clock stands still, so whatever waits for its period waits for ever.
        await host.Get<Instance>().TryLookAsync(CancellationToken.None);
        Assert.NotEqual(epoch, host.Get<Instance>().Epoch);
        Assert.Equal(["queued", "under way"], (await host.Datadog.WaitForAsync(2)).Order());
        await database.WaitUntilSettledAsync(_connection);
        hold.SetResult();
    }

    [Theory]
    [Trait("fault", "F19")]
    [InlineData(true, 3)]
    [InlineData(false, 0)]
    public async Task WhatAKilledProcessMayHaveDeliveredIsCountedAndWhatAStoppedOneLeftIsNot(bool isKilled, int counted)
    {
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            start: false,
            settings: new() { ["Outbox:Renewal"] = "00:00:00.1", ["Outbox:ClaimDelay"] = "00:00:00" }
        );
        var duplicates = 0L;
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, it) =>
        {
            if (
                instrument.Name == "partner.sending.items.possible_duplicates"
                && ReferenceEquals(instrument.Meter.Scope, host.Get<System.Diagnostics.Metrics.IMeterFactory>())
            )
            {
                it.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>(
            (_, value, tags, _) =>
            {
                Assert.Contains(new KeyValuePair<string, object?>("cause", "killed"), tags.ToArray());
                Interlocked.Add(ref duplicates, value);
            }
        );
        listener.Start();
        var epoch = await database.Database.ScalarAsync<long>(
            "INSERT INTO instances (name, lease_until) VALUES ('left', now()) RETURNING epoch"
        );
        var segment = OutboxFormatTests.SegmentOf(
            OutboxFormatTests.Write([("one", 0), ("two", 0), ("three", 0)]),
            3,
            id: 70 + counted,
            _connection,
            epoch
        );
        await using (var connection = await database.Database.Source.OpenConnectionAsync())
        {
            await new AppendStore(database.Database.Source).AppendAsync(
                connection,
                epoch,
                new AppendRows([SegmentCodec.Encode(segment)], []),
                TimeSpan.FromSeconds(5),
                durable: true,
                CancellationToken.None
            );
        }

        if (!isKilled)
        {
            await new InstanceStore(database.Database.Source).ReleaseAsync(epoch, CancellationToken.None);
        }

        await host.App.StartAsync();
        Assert.Equal(["one", "two", "three"], await host.Datadog.WaitForAsync(3));
        await database.WaitUntilSettledAsync(_connection);
        Assert.Equal(counted, Interlocked.Read(ref duplicates));
        Assert.Equal(
            0,
            await SendingDatabase.WaitForAsync(
                database.Database,
                "SELECT count(*) FROM instances WHERE epoch = $1",
                0,
                epoch
            )
        );
    }
}
