using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Partner.Contracts;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary><c>Idempotency-Key</c> on the intake.</summary>
public sealed class IdempotencyTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    public async Task ARepetitionGetsTheSameAnswerHoweverPackedAndFromAnyInstanceAndIsStoredOnce()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var first = await AnswerAsync(host.PostAsync(_connection, "one\ntwo", key: "k"));
        var again = await AnswerAsync(host.PostAsync(_connection, Packed("one\ntwo"), key: "k"));
        await using var other = await SendingHost.StartAsync(database.ConnectionString);
        var elsewhere = await AnswerAsync(other.PostAsync(_connection, "one\ntwo", key: "k"));
        Assert.Equal(
            [
                (HttpStatusCode.Accepted, "{}", false),
                (HttpStatusCode.Accepted, "{}", true),
                (HttpStatusCode.Accepted, "{}", true),
            ],
            [first, again, elsewhere]
        );
        Assert.Equal(2, await AcceptedAsync());
        // Nobody else's, and on another path it is another's: nothing of this was a repetition.
        var paths = await AnswerAsync(host.PostAsync(_connection, "one\ntwo", key: "k", path: "/code"));
        var connections = await AnswerAsync(host.PostAsync(ConnectionId.New(), "one\ntwo", key: "k"));
        Assert.Equal((false, false), (paths.Replayed, connections.Replayed));
        Assert.Equal(4, await AcceptedAsync());
    }

    [Fact]
    public async Task AnotherBodyOrQueryWithTheKeyIs422()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await AnswerAsync(host.PostAsync(_connection, "one", key: "k"));
        const string Reused = """{"errors":["This Idempotency-Key was used with another body."]}""";
        Assert.Equal(
            [(HttpStatusCode.UnprocessableEntity, Reused, false), (HttpStatusCode.UnprocessableEntity, Reused, false)],
            [
                await AnswerAsync(host.PostAsync(_connection, "two", key: "k")),
                await AnswerAsync(host.PostAsync(_connection, "one", query: "?v=1", key: "k")),
            ]
        );
        Assert.Equal(1, await AcceptedAsync());
    }

    [Fact]
    public async Task ARefusalIsRepeatedToo()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var first = await AnswerAsync(host.PostAsync(_connection, "\n", key: "k", path: "/code"));
        var again = await AnswerAsync(host.PostAsync(_connection, "\n", key: "k", path: "/code"));
        var other = await AnswerAsync(host.PostAsync(_connection, "good", key: "k", path: "/code"));
        const string Body = """{"code":400,"message":"No line."}""";
        Assert.Equal(
            [(HttpStatusCode.BadRequest, Body, false), (HttpStatusCode.BadRequest, Body, true)],
            [first, again]
        );
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Status);
        var strict = await AnswerAsync(host.PostAsync(_connection, "@1700000000000 old", strict: true, key: "strict"));
        var repeated = await AnswerAsync(
            host.PostAsync(_connection, "@1700000000000 old", strict: true, key: "strict")
        );
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
            (
                HttpStatusCode.BadRequest,
                """{"code":400,"message":"Idempotency-Key is one value of 1 to 255 visible ASCII characters."}""",
                false
            ),
            await AnswerAsync(host.PostAsync(_connection, "x", key: key ?? new string('k', 256), path: "/code"))
        );
        Assert.Equal(
            HttpStatusCode.OK,
            (await AnswerAsync(host.PostAsync(_connection, "x", key: new string('k', 255), path: "/code"))).Status
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
                    AnswerAsync((i % 2 == 0 ? one : two).PostAsync(_connection, $"line-{i / 6}", key: $"key-{i / 6}"))
                )
        );
        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.Accepted, "{}"), (answer.Status, answer.Body)));
        Assert.Equal(20, answers.Count(answer => !answer.Replayed));
        Assert.Equal(20, await AcceptedAsync());
    }

    [Fact]
    public async Task AKeyThatAnotherInstanceTakesMeanwhileCostsNobodyElseItsCommit()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        Task<HttpResponseMessage> late,
            beside;
        await using (var blocked = await LockAsync(admin, "logs.segments"))
        {
            var first = host.PostAsync(_connection, "first");
            await WaitAsync(
                admin,
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO segments%'"
            );
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

        Assert.Equal(HttpStatusCode.Accepted, (await AnswerAsync(beside)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await AnswerAsync(late)).Status);
        Assert.Equal(2, await AcceptedAsync());
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
        await using (var blocked = await LockAsync(admin, "logs.segments"))
        {
            var lost = host.PostAsync(_connection, "once", key: "k");
            await WaitAsync(
                admin,
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO segments%'"
            );
            await outage.BeginAsync();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AnswerAsync(lost)).Status);
        }

        // Nobody has heard of it, and it is there.
        await WaitAsync(admin, $"SELECT count(*) FROM logs.idempotency_keys WHERE connection = '{_connection.Text}'");
        outage.End();
        var answer = await Until.AnsweredAsync(
            () => AnswerAsync(host.PostAsync(_connection, "once", key: "k")),
            again => again.Status != HttpStatusCode.ServiceUnavailable
        );
        Assert.Equal((HttpStatusCode.Accepted, "{}", true), answer);
        host.Get<Instance>().SweepSoon();
        Assert.Equal(["once"], await host.Datadog.WaitForAsync(1));
        Assert.Equal(1, await AcceptedAsync());
    }

    [Fact]
    public async Task AfterADayTheKeyIsForgotten()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await AnswerAsync(host.PostAsync(_connection, "one", key: "k"));
        await AnswerAsync(host.PostAsync(_connection, "other", key: "young"));
        await AgeAsync("k", "23 hours 59 minutes");
        Assert.True((await AnswerAsync(host.PostAsync(_connection, "one", key: "k"))).Replayed);
        await AgeAsync("k", "24 hours 1 minute");
        Assert.Equal(
            (HttpStatusCode.Accepted, "{}", false),
            await AnswerAsync(host.PostAsync(_connection, "two", key: "k"))
        );
        Assert.True((await AnswerAsync(host.PostAsync(_connection, "two", key: "k"))).Replayed);
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
        await using var blocked = await LockAsync(admin, "logs.idempotency_keys");
        Assert.Equal(HttpStatusCode.Accepted, (await AnswerAsync(host.PostAsync(_connection, "x"))).Status);
    }

    private static async Task<(HttpStatusCode Status, string Body, bool Replayed)> AnswerAsync(
        Task<HttpResponseMessage> request
    )
    {
        using var response = await request;
        return (
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.Contains("Idempotency-Replayed")
        );
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

    private static async Task<Held> LockAsync(NpgsqlDataSource admin, string table)
    {
        var connection = await admin.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return new Held(connection, transaction);
    }

    private static async Task WaitAsync(NpgsqlDataSource admin, string count)
    {
        await using var command = admin.CreateCommand(count);
        await Until.AnsweredAsync(
            async () => (long)(await command.ExecuteScalarAsync())!,
            found => found > 0,
            text: count
        );
    }

    private Task AgeAsync(string key, string age) =>
        database.Database.ExecuteAsync(
            "UPDATE idempotency_keys SET created_at = now() - $3::interval WHERE connection = $1 AND key_hash = $2",
            _connection.Text,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key))),
            age
        );

    private Task<long> AcceptedAsync() =>
        database.Database.ScalarAsync<long>(
            "SELECT coalesce(sum(items), 0)::bigint FROM accepted WHERE connection = $1",
            _connection.Text
        );

    private sealed record Held(NpgsqlConnection Connection, NpgsqlTransaction Transaction) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Transaction.DisposeAsync();
            await Connection.DisposeAsync();
        }
    }
}
