using System.Net;
using Npgsql;
using Partner.Contracts;
using Partner.Sending.Outbox;
using Partner.Testing;
using static Partner.Sending.Tests.RepeatedAnswer;

namespace Partner.Sending.Tests;

/// <summary>Requests that come again while the first is under way: a success only where the first is stored.</summary>
public sealed class DeduplicationRaceTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    // Of one request in the queue, beside its items.
    private const int SubmissionBytes = 256;

    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    public async Task OfManyAtOnceOnTwoInstancesOneIsStoredAndAllGetItsAnswer()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 120)
                .Select(i => OfAsync((i % 2 == 0 ? one : two).PostAsync(_connection, $"line-{i / 6}")))
        );
        Assert.Equal(20, answers.Count(answer => answer == First));
        Assert.Equal(100, answers.Count(answer => answer == Again));
        Assert.Equal(20, await database.AcceptedAsync(_connection));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ItWaitsForTheFirstOnOneInstanceAndOnTwo(bool onOne)
    {
        await using var host = await StartAsync();
        await using var other = await StartAsync();
        await using var admin = Admin();
        Task<RepeatedAnswer> first,
            again;
        await using (await TableLock.TakeAsync(admin, "logs.segments"))
        {
            first = OfAsync(host.PostAsync(_connection, "one"));
            await TableLock.WaitForAsync(admin, "INSERT INTO segments");
            var queued = host.Get<GroupCommitter>().QueuedBytes;
            again = OfAsync((onOne ? host : other).PostAsync(_connection, "one"));
            await (
                onOne
                    ? Until.TrueAsync(() => host.Get<GroupCommitter>().QueuedBytes > queued)
                    : TableLock.WaitForAsync(admin, "INSERT INTO deduplication_ids")
            );
            Assert.False(again.IsCompleted);
        }

        Assert.Equal((First, Again), (await first, await again));
        Assert.Equal(1, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task WhereTheFirstIsUndoneTheRepetitionIsStored()
    {
        await using var host = await StartAsync();
        await using var other = await StartAsync();
        await using var admin = Admin();
        Task<RepeatedAnswer> first,
            again;
        await using (await TableLock.TakeAsync(admin, "logs.segments"))
        {
            first = OfAsync(host.PostAsync(_connection, "one"));
            var process = await TableLock.WaitForAsync(admin, "INSERT INTO segments");
            again = OfAsync(other.PostAsync(_connection, "one"));
            await TableLock.WaitForAsync(admin, "INSERT INTO deduplication_ids");
            await ExecuteAsync(admin, $"SELECT pg_terminate_backend({process})");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await first).Status);
        }

        Assert.Equal(First, await again);
        Assert.Equal(Again, await OfAsync(host.PostAsync(_connection, "one")));
        Assert.Equal(1, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task InACommitThatIsRefusedNeitherIsASuccessAndTheNextIsStored()
    {
        await using var host = await StartAsync();
        await using var admin = Admin();
        const string Mixed = "one\n@1700000000000 old";
        await ExecuteAsync(
            admin,
            $"""
            SET search_path = logs;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON dead_letters FOR EACH ROW
            WHEN (NEW.connection = '{_connection.Text}') EXECUTE FUNCTION refuse();
            """
        );
        Task<RepeatedAnswer> before;
        Task<RepeatedAnswer>[] together;
        await using (await TableLock.TakeAsync(admin, "logs.segments"))
        {
            before = OfAsync(host.PostAsync(_connection, "before"));
            await TableLock.WaitForAsync(admin, "INSERT INTO segments");
            var queued = host.Get<GroupCommitter>().QueuedBytes;
            together = [.. Enumerable.Range(0, 3).Select(_ => OfAsync(host.PostAsync(_connection, Mixed)))];
            // All of them wait for the next commit, and so share it.
            await Until.TrueAsync(() => host.Get<GroupCommitter>().QueuedBytes >= queued + (3 * SubmissionBytes));
        }

        Assert.Equal(First, await before);
        Assert.All(
            await Task.WhenAll(together),
            answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status)
        );
        Assert.Equal(1, await database.AcceptedAsync(_connection));
        await ExecuteAsync(admin, "DROP FUNCTION logs.refuse CASCADE");
        Assert.Equal(First, await OfAsync(host.PostAsync(_connection, Mixed)));
        Assert.Equal(Again, await OfAsync(host.PostAsync(_connection, Mixed)));
        Assert.Equal(3, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task OfThoseInOneCommitOneIsStored()
    {
        await using var host = await StartAsync();
        await using var admin = Admin();
        Task<RepeatedAnswer>[] together;
        await using (await TableLock.TakeAsync(admin, "logs.segments"))
        {
            var before = OfAsync(host.PostAsync(_connection, "before"));
            await TableLock.WaitForAsync(admin, "INSERT INTO segments");
            var queued = host.Get<GroupCommitter>().QueuedBytes;
            together = [before, .. Enumerable.Range(0, 3).Select(_ => OfAsync(host.PostAsync(_connection, "one")))];
            await Until.TrueAsync(() => host.Get<GroupCommitter>().QueuedBytes >= queued + (3 * SubmissionBytes));
        }

        var answers = await Task.WhenAll(together);
        Assert.Equal((2, 2), (answers.Count(a => a == First), answers.Count(a => a == Again)));
        Assert.Equal(2, await database.AcceptedAsync(_connection));
    }

    [Fact]
    [Trait("fault", "F19")]
    public async Task ACommitWhoseAnswerWasLostIsNotRepeated()
    {
        await using var outage = new Outage(database.Database.Server.Port);
        await using var host = await StartAsync(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = outage.Port }.ConnectionString
        );
        await using var admin = Admin();
        await using (await TableLock.TakeAsync(admin, "logs.segments"))
        {
            var lost = OfAsync(host.PostAsync(_connection, "once"));
            await TableLock.WaitForAsync(admin, "INSERT INTO segments");
            await outage.BeginAsync();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await lost).Status);
        }

        // Nobody has heard of it, and it is there.
        await SendingDatabase.WaitForAsync(
            database.Database,
            "SELECT count(*) FROM deduplication_ids WHERE connection = $1",
            1,
            _connection.Text
        );
        outage.End();
        var answer = await Until.AnsweredAsync(
            () => OfAsync(host.PostAsync(_connection, "once")),
            again => again.Status != HttpStatusCode.ServiceUnavailable
        );
        Assert.Equal(Again, answer);
        host.Get<Instance>().SweepSoon();
        Assert.Equal(["once"], await host.Datadog.WaitForAsync(1));
        Assert.Equal(1, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task ARepetitionThatAnotherInstanceHasStoredCostsNobodyElseItsCommit()
    {
        await using var host = await StartAsync();
        await using var other = await StartAsync();
        await using var admin = Admin();
        Assert.Equal(First, await OfAsync(other.PostAsync(_connection, "one")));
        Task<RepeatedAnswer>[] together;
        await using (await TableLock.TakeAsync(admin, "logs.segments"))
        {
            var before = OfAsync(host.PostAsync(_connection, "before"));
            await TableLock.WaitForAsync(admin, "INSERT INTO segments");
            var queued = host.Get<GroupCommitter>().QueuedBytes;
            together =
            [
                before,
                OfAsync(host.PostAsync(_connection, "one")),
                OfAsync(host.PostAsync(_connection, "two")),
                OfAsync(host.PostAsync(_connection, "three", key: "k")),
            ];
            await Until.TrueAsync(() => host.Get<GroupCommitter>().QueuedBytes >= queued + (3 * SubmissionBytes));
        }

        Assert.Equal([First, Again, First, First], await Task.WhenAll(together));
        Assert.Equal(4, await database.AcceptedAsync(_connection));
    }

    private NpgsqlDataSource Admin() => database.Database.Server.OpenAdmin(database.Database.Name);

    private Task<SendingHost> StartAsync(string? connectionString = null) =>
        SendingHost.StartAsync(
            connectionString ?? database.ConnectionString,
            sender: new TestSender(deduplicates: true)
        );

    private static async Task ExecuteAsync(NpgsqlDataSource admin, string sql)
    {
        await using var command = admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
