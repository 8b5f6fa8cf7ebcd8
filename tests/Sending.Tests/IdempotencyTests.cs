using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Partner.Contracts;
using Partner.Sending.Outbox;
using Partner.Testing;
using static Partner.Sending.Tests.RepeatedAnswer;

namespace Partner.Sending.Tests;

/// <summary><c>Idempotency-Key</c> on the intake.</summary>
public sealed class IdempotencyTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    public async Task ARepetitionGetsTheSameAnswerHoweverPackedAndFromAnyInstanceAndIsStoredOnce()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var first = await OfAsync(host.PostAsync(_connection, "one\ntwo", key: "k"));
        var again = await OfAsync(host.PostAsync(_connection, Packed("one\ntwo"), key: "k"));
        await using var other = await SendingHost.StartAsync(database.ConnectionString);
        var elsewhere = await OfAsync(other.PostAsync(_connection, "one\ntwo", key: "k"));
        Assert.Equal([First, Again, Again], [first, again, elsewhere]);
        Assert.Equal(2, await database.AcceptedAsync(_connection));
        // Nobody else's, and on another path it is another's: nothing of this was a repetition.
        var paths = await OfAsync(host.PostAsync(_connection, "one\ntwo", key: "k", path: "/code"));
        var connections = await OfAsync(host.PostAsync(ConnectionId.New(), "one\ntwo", key: "k"));
        Assert.Equal((false, false), (paths.Replayed, connections.Replayed));
        Assert.Equal(4, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task AnotherBodyOrQueryWithTheKeyIs422()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await OfAsync(host.PostAsync(_connection, "one", key: "k"));
        const string Reused = """{"errors":["This Idempotency-Key was used with another body."]}""";
        Assert.Equal(
            [
                new(HttpStatusCode.UnprocessableEntity, Reused, false),
                new(HttpStatusCode.UnprocessableEntity, Reused, false),
            ],
            [
                await OfAsync(host.PostAsync(_connection, "two", key: "k")),
                await OfAsync(host.PostAsync(_connection, "one", query: "?v=1", key: "k")),
            ]
        );
        Assert.Equal(1, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task ARefusalIsRepeatedToo()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var first = await OfAsync(host.PostAsync(_connection, "\n", key: "k", path: "/code"));
        var again = await OfAsync(host.PostAsync(_connection, "\n", key: "k", path: "/code"));
        var other = await OfAsync(host.PostAsync(_connection, "good", key: "k", path: "/code"));
        const string Body = """{"code":400,"message":"No line."}""";
        Assert.Equal(
            [new(HttpStatusCode.BadRequest, Body, false), new(HttpStatusCode.BadRequest, Body, true)],
            [first, again]
        );
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Status);
        var strict = await OfAsync(host.PostAsync(_connection, "@1700000000000 old", strict: true, key: "strict"));
        var repeated = await OfAsync(host.PostAsync(_connection, "@1700000000000 old", strict: true, key: "strict"));
        Assert.Equal((strict.Status, strict.Body, true), (repeated.Status, repeated.Body, repeated.Replayed));
        Assert.Equal(HttpStatusCode.BadRequest, strict.Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData(null)]
    public async Task AKeyThatIsNoneIsRefusedInThePathsShape(string? key)
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        Assert.Equal(
            new(
                HttpStatusCode.BadRequest,
                """{"code":400,"message":"Idempotency-Key is one value of 1 to 255 visible ASCII characters."}""",
                false
            ),
            await OfAsync(host.PostAsync(_connection, "x", key: key ?? new string('k', 256), path: "/code"))
        );
        Assert.Equal(
            HttpStatusCode.OK,
            (await OfAsync(host.PostAsync(_connection, "x", key: new string('k', 255), path: "/code"))).Status
        );
    }

    [Fact]
    public async Task OfManyAtOnceOnTwoInstancesOneIsStoredAndAllGetItsAnswer()
    {
        await using var one = await SendingHost.StartAsync(database.ConnectionString);
        await using var two = await SendingHost.StartAsync(database.ConnectionString);
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 120)
                .Select(i =>
                    OfAsync((i % 2 == 0 ? one : two).PostAsync(_connection, $"line-{i / 6}", key: $"key-{i / 6}"))
                )
        );
        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.Accepted, "{}"), (answer.Status, answer.Body)));
        Assert.Equal(20, answers.Count(answer => !answer.Replayed));
        Assert.Equal(20, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task AKeyThatAnotherInstanceTakesMeanwhileCostsNobodyElseItsCommit()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        Task<HttpResponseMessage> late,
            beside;
        await using (var blocked = await TableLock.TakeAsync(admin, "logs.segments"))
        {
            var first = host.PostAsync(_connection, "first");
            await TableLock.WaitForAsync(admin, "INSERT INTO segments");
            var queued = host.Get<GroupCommitter>().QueuedBytes;
            late = host.PostAsync(_connection, "late", key: "k");
            beside = host.PostAsync(_connection, "beside");
            await Until.TrueAsync(() => host.Get<GroupCommitter>().QueuedBytes >= queued + 500);

            await database.Database.ExecuteAsync(
                """
                INSERT INTO idempotency_keys (connection, path, key_hash, request_hash, status, content_type, answer)
                VALUES ($1, '/in', $2, '\x00', 202, 'application/json', '{}')
                """,
                _connection.Text,
                Convert.ToHexStringLower(SHA256.HashData("k"u8))
            );
        }

        Assert.Equal(HttpStatusCode.Accepted, (await OfAsync(beside)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await OfAsync(late)).Status);
        Assert.Equal(2, await database.AcceptedAsync(_connection));
    }

    [Fact]
    [Trait("fault", "F19")]
    public async Task ACommitWhoseAnswerWasLostIsNotRepeated()
    {
        await using var outage = new Outage(database.Database.Server.Port);
        await using var host = await SendingHost.StartAsync(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = outage.Port }.ConnectionString
        );
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        await using (var blocked = await TableLock.TakeAsync(admin, "logs.segments"))
        {
            var lost = host.PostAsync(_connection, "once", key: "k");
            await TableLock.WaitForAsync(admin, "INSERT INTO segments");
            await outage.BeginAsync();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await OfAsync(lost)).Status);
        }

        // Nobody has heard of it, and it is there.
        await SendingDatabase.WaitForAsync(
            database.Database,
            "SELECT count(*) FROM idempotency_keys WHERE connection = $1",
            1,
            _connection.Text
        );
        outage.End();
        var answer = await Until.AnsweredAsync(
            () => OfAsync(host.PostAsync(_connection, "once", key: "k")),
            again => again.Status != HttpStatusCode.ServiceUnavailable
        );
        Assert.Equal(Again, answer);
        host.Get<Instance>().SweepSoon();
        Assert.Equal(["once"], await host.Datadog.WaitForAsync(1));
        Assert.Equal(1, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task AfterADayTheKeyIsForgotten()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await OfAsync(host.PostAsync(_connection, "one", key: "k"));
        await OfAsync(host.PostAsync(_connection, "other", key: "young"));
        await AgeAsync("k", "23 hours 59 minutes");
        Assert.True((await OfAsync(host.PostAsync(_connection, "one", key: "k"))).Replayed);
        await AgeAsync("k", "24 hours 1 minute");
        Assert.Equal(First, await OfAsync(host.PostAsync(_connection, "two", key: "k")));
        Assert.True((await OfAsync(host.PostAsync(_connection, "two", key: "k"))).Replayed);
        await AgeAsync("k", "24 hours 1 minute");
        Assert.Equal(1, await host.Get<IdempotencyStore>().PruneAsync(1_000, CancellationToken.None));
        Assert.Equal(
            1,
            await database.Database.ScalarAsync<long>(
                "SELECT count(*) FROM idempotency_keys WHERE connection = $1",
                _connection.Text
            )
        );
    }

    [Fact]
    public async Task WithoutAKeyTheTableIsNotTouched()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        await using var blocked = await TableLock.TakeAsync(admin, "logs.idempotency_keys");
        Assert.Equal(HttpStatusCode.Accepted, (await OfAsync(host.PostAsync(_connection, "x"))).Status);
    }

    private static ByteArrayContent Packed(string body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(body));
        }

        return new(packed.ToArray()) { Headers = { ContentEncoding = { "gzip" } } };
    }

    private Task AgeAsync(string key, string age) =>
        database.Database.ExecuteAsync(
            "UPDATE idempotency_keys SET created_at = now() - $3::interval WHERE connection = $1 AND key_hash = $2",
            _connection.Text,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key))),
            age
        );
}
