using System.Net;
using Npgsql;
using Partner.Contracts;
using Partner.Sending.Lanes;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>A database that has no room for dead letters: what only deletes is settled all the same (F22).</summary>
[Trait("fault", "F22")]
public sealed class FullDiskSettlementTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _good = ConnectionId.New();
    private readonly ConnectionId _poisoned = ConnectionId.New();

    [Fact]
    public async Task OfABatchThatLacksRoomWhatIsDeliveredIsGoneAndWhatIsPoisonedWaits()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        host.Datadog.Answer = (r, _) =>
            r.Lines.Contains("bad") ? FakeDatadog.Status(HttpStatusCode.BadRequest) : FakeDatadog.Accepted();
        var makeRoom = await RefuseLettersAsync();
        // What comes while one is being settled is the next batch.
        var first = ConnectionId.New();
        await using (var session = await database.Database.Source.OpenConnectionAsync())
        await using (var transaction = await session.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand("LOCK TABLE settled IN EXCLUSIVE MODE", session);
            await hold.ExecuteNonQueryAsync();
            await PostAsync(host, first, "first");
            Assert.Equal(
                1,
                await SendingDatabase.WaitForAsync(
                    database.Database,
                    "SELECT least(count(*), 1) FROM pg_locks WHERE NOT granted AND relation = 'settled'::regclass",
                    1
                )
            );
            await PostAsync(host, _poisoned, "bad");
            await PostAsync(host, _good, "good");
            await Until.TrueAsync(() => host.Get<LaneScheduler>().Unsettled == 3);
        }

        Assert.Equal(0, await database.WaitUntilSettledAsync(first));
        Assert.Equal(0, await database.WaitUntilSettledAsync(_good));
        // And what is delivered later.
        await PostAsync(host, _good, "more");
        await host.Datadog.WaitForAsync(3);
        Assert.Equal(0, await database.WaitUntilSettledAsync(_good));
        Assert.Equal((1L, 0L), (await CountAsync("segments"), await CountAsync("dead_letters")));

        await makeRoom();
        Assert.Equal(0, await database.WaitUntilSettledAsync(_poisoned));
        Assert.Equal(1, await CountAsync("dead_letters"));
        Assert.Equal(
            (1L, 2L),
            (
                await database.Database.ScalarAsync<long>(
                    "SELECT dead_lettered FROM settled WHERE connection = $1",
                    _poisoned.Text
                ),
                await database.Database.ScalarAsync<long>(
                    "SELECT delivered FROM settled WHERE connection = $1",
                    _good.Text
                )
            )
        );
        await Until.TrueAsync(() => host.Get<LaneScheduler>().Unsettled == 0);
    }

    [Fact]
    public async Task TheRestOfASegmentIsSettledBehindTheLettersThatWait()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var away = true;
        host.Datadog.Answer = (r, _) =>
            FakeDatadog.Status(
                r.Lines.Contains("bad") ? HttpStatusCode.BadRequest
                : r.Lines.Contains("slow") && Volatile.Read(ref away) ? HttpStatusCode.ServiceUnavailable
                : HttpStatusCode.Accepted
            );
        var makeRoom = await RefuseLettersAsync();
        await PostAsync(host, _poisoned, "bad\nslow");
        await Until.TrueAsync(() => host.Get<LaneScheduler>().Unsettled == 1);
        Volatile.Write(ref away, false);
        Assert.Equal(["slow"], await host.Datadog.WaitForAsync(1));
        await Until.TrueAsync(() => host.Get<LaneScheduler>().Unsettled == 2);
        // By the time that this is settled, the other would have been.
        await PostAsync(host, _good, "good");
        await host.Datadog.WaitForAsync(2);
        Assert.Equal(0, await database.WaitUntilSettledAsync(_good));
        Assert.Equal((1L, 0L), (await CountAsync("segments"), await CountAsync("dead_letters")));

        await makeRoom();
        Assert.Equal(0, await database.WaitUntilSettledAsync(_poisoned));
        Assert.Equal(1, await CountAsync("dead_letters"));
        Assert.Equal(
            "1 1",
            await database.Database.ScalarAsync<string>(
                "SELECT delivered || ' ' || dead_lettered FROM settled WHERE connection = $1",
                _poisoned.Text
            )
        );
    }

    private async Task<Func<Task>> RefuseLettersAsync()
    {
        var function = $"refuse_letters_{_poisoned.Text[^8..].ToLowerInvariant()}";
        await ExecuteAsync(
            $"""
            SET search_path = logs;
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER {function} BEFORE INSERT ON dead_letters FOR EACH ROW
            WHEN (NEW.connection = '{_poisoned.Text}') EXECUTE FUNCTION {function}();
            """
        );
        return () => ExecuteAsync($"DROP FUNCTION logs.{function} CASCADE");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        await using var command = admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task PostAsync(SendingHost host, ConnectionId connection, string body)
    {
        using var response = await host.PostAsync(connection, body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private Task<long> CountAsync(string table) =>
        database.Database.ScalarAsync<long>($"SELECT count(*) FROM {table} WHERE connection = $1", _poisoned.Text);
}
