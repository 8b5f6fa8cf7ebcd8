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
        await using var host = await SendingHost.StartAsync(database.ConnectionString, settings: new()
        {
            ["Outbox:Lease"] = "00:00:02",
            ["Outbox:Renewal"] = "00:00:00.1",
            ["Outbox:ClaimDelay"] = "00:00:00",
        });

        // An ended instance, whose counters cannot be folded as long as somebody holds their row.
        var ended = await database.Database.ScalarAsync<long>(
            "INSERT INTO instances (name, lease_until) VALUES ('ended', now() + interval '1 hour') RETURNING epoch");
        await database.Database.ExecuteAsync("INSERT INTO accepted VALUES ('held', $1, 1, 0)", ended);
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        await using var holder = await admin.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("SELECT FROM logs.accepted WHERE connection = 'held' FOR UPDATE", holder))
        {
            await hold.ExecuteNonQueryAsync();
        }

        await database.Database.ExecuteAsync("UPDATE instances SET lease_until = now() WHERE epoch = $1", ended);
        Assert.Equal(1, await SendingDatabase.WaitForAsync(database.Database, "SELECT count(*) FROM pg_locks WHERE NOT granted", 1));
        var over = TimeProvider.System.GetTimestamp() + (3 * TimeProvider.System.TimestampFrequency);
        await WaitUntilAsync(() => host.Get<Instance>().LastLook > over);
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
        await WaitUntilAsync(() => first == 1);
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

    private static async Task WaitUntilAsync(Func<bool> done)
    {
        for (var i = 0; i < 3_000 && !done(); i++)
        {
            await Task.Delay(20);
        }

        Assert.True(done());
    }
}
