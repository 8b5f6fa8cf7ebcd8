using System.IO.Compression;
using System.Net;
using System.Text;
using Partner.Contracts;
using Partner.Sending.Outbox;

namespace Partner.Sending.Tests;

public sealed class AcceptTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    [Theory]
    [InlineData("identity")]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("raw-deflate")]
    public async Task EveryEncodingOfDatadogsIsRead(string encoding)
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        using var response = await host.PostAsync(_connection, Encode(Encoding.UTF8.GetBytes("one\ntwo"), encoding));
        Assert.Equal(
            (HttpStatusCode.Accepted, "{}"),
            (response.StatusCode, await response.Content.ReadAsStringAsync())
        );
        Assert.Equal(["one", "two"], (await host.Datadog.WaitForAsync(2)).Order());
    }

    [Fact]
    public async Task ZstdIsRead()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        // "zstd\nlines" as `zstd` writes it: RFC 8878 magic, a single raw block.
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x0A, 0x51, 0x00, 0x00, .. "zstd\nlines"u8];
        using var response = await host.PostAsync(_connection, With(frame, "zstd"));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(["lines", "zstd"], (await host.Datadog.WaitForAsync(2)).Order());
        using var cut = await host.PostAsync(_connection, With(frame[..^3], "zstd"));
        Assert.Equal(HttpStatusCode.BadRequest, cut.StatusCode);
    }

    [Theory]
    [Trait("fault", "F31")]
    [Trait("security", "46")]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("raw-deflate")]
    public async Task ABombIsRefusedAndLeavesNoMemoryTaken(string encoding)
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        using var response = await host.PostAsync(
            _connection,
            Encode(new byte[200_000_000], encoding, CompressionLevel.SmallestSize)
        );
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("5000000", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("security", "46")]
    public async Task UnknownAndWrongEncodingsAreRefused()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        using var unknown = await host.PostAsync(_connection, With("x"u8.ToArray(), "br"));
        using var twice = await host.PostAsync(_connection, With("x"u8.ToArray(), "gzip, gzip"));
        using var wrong = await host.PostAsync(_connection, With("not gzip at all"u8.ToArray(), "gzip"));
        // Its first two bytes are those of a zlib stream that wants a preset dictionary.
        using var dictionary = await host.PostAsync(_connection, With("x 1 2 3 4 5 6 7 8"u8.ToArray(), "deflate"));
        using var plain = await host.PostAsync(_connection, new ByteArrayContent(new byte[5_000_001]));
        Assert.Equal(
            [
                HttpStatusCode.UnsupportedMediaType,
                HttpStatusCode.UnsupportedMediaType,
                HttpStatusCode.BadRequest,
                HttpStatusCode.BadRequest,
                HttpStatusCode.RequestEntityTooLarge,
            ],
            [unknown.StatusCode, twice.StatusCode, wrong.StatusCode, dictionary.StatusCode, plain.StatusCode]
        );
    }

    [Fact]
    public async Task ConcurrentRequestsShareCommits()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var connections = Enumerable.Range(0, 20).Select(_ => ConnectionId.New()).ToList();
        var hold = new TaskCompletionSource();
        host.Datadog.Answer = async (_, cancellationToken) =>
        {
            await hold.Task.WaitAsync(cancellationToken);
            return await FakeDatadog.Accepted();
        };
        var responses = await Task.WhenAll(
            Enumerable.Range(0, 400).Select(i => host.PostAsync(connections[i % 20], $"line-{i}"))
        );
        Assert.All(responses, r => Assert.Equal(HttpStatusCode.Accepted, r.StatusCode));
        var commits = await database.Database.ScalarAsync<long>(
            "SELECT count(DISTINCT xmin::text) FROM segments WHERE connection = ANY ($1)",
            (object)connections.Select(c => c.Text).ToArray()
        );
        Assert.InRange(commits, 1, 200);
        hold.SetResult();
        Assert.Equal(400, (await host.Datadog.WaitForAsync(400)).Distinct().Count());
        foreach (var connection in connections)
        {
            await database.WaitUntilSettledAsync(connection);
        }

        Assert.Equal(
            new DeliveriesView(20, 20, new BacklogView(0, 0, null), 0, 0, 0, "flowing", null),
            (await host.DeliveriesAsync(connections[0])) with
            {
                LastSuccessAt = null,
            }
        );
    }

    [Fact]
    public async Task ExpiredItemsBecomeDeadLettersAndTheRestGoesOn()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var old = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000).ToUnixTimeMilliseconds();
        using var response = await host.PostAsync(_connection, $"@{old} too old\nfresh");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(["fresh"], await host.Datadog.WaitForAsync(1));
        var letters = await host.GetAsync($"/partner/v1/senders/logs/connections/{_connection.Text}/dead-letters");
        Assert.Contains(
            $"\"reason\":\"expired\",\"detail\":\"Older than Datadog takes: its time is 2023-11-14",
            letters,
            StringComparison.Ordinal
        );
        Assert.Contains("too old", letters, StringComparison.Ordinal);
        using var strict = await host.PostAsync(_connection, $"@{old} too old\nfresh", strict: true);
        Assert.Equal(
            (HttpStatusCode.BadRequest, """{"errors":["1 of 2 items are older than Datadog takes."]}"""),
            (strict.StatusCode, await strict.Content.ReadAsStringAsync())
        );
    }

    [Fact]
    [Trait("fault", "F22")]
    public async Task WhatDoesNotFitTheQueueIsAnswered503()
    {
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new()
            {
                ["Outbox:MaxQueuedBytes"] = "1000000",
                ["Outbox:MaxBufferedBytes"] = "6000000",
                ["Outbox:CommitTimeout"] = "00:01:00",
            }
        );
        await database.Database.ExecuteAsync("SELECT 1");
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        await using var connection = await admin.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (
            var block = new Npgsql.NpgsqlCommand("LOCK TABLE logs.segments IN ACCESS EXCLUSIVE MODE", connection)
        )
        {
            await block.ExecuteNonQueryAsync();
        }

        var posts = Enumerable.Range(0, 12).Select(_ => host.PostAsync(_connection, new string('x', 400_000))).ToList();
        var firstTen = await Task.WhenAll(await FirstAsync(posts, 10));
        Assert.All(
            firstTen,
            r =>
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, r.StatusCode);
                Assert.Equal("5", r.Headers.RetryAfter?.ToString());
            }
        );
        await transaction.RollbackAsync();
        var rest = await Task.WhenAll(posts);
        Assert.Equal(2, rest.Count(r => r.StatusCode == HttpStatusCode.Accepted));
        Assert.Equal(0, host.Get<GroupCommitter>().QueuedBytes);
    }

    [Fact]
    [Trait("security", "44")]
    public async Task ATokenWithoutAConnectionAppendsNothing()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        using var response = await host.SendAsync(
            HttpMethod.Post,
            "/in",
            Partner.ServiceDefaults.ServiceClaims.None,
            new StringContent("x")
        );
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        using var anonymous = await host.Http.PostAsync(host.App.Urls.Single() + "/in", new StringContent("x"));
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
    }

    private static async Task<List<Task<T>>> FirstAsync<T>(IReadOnlyList<Task<T>> tasks, int count)
    {
        while (tasks.Count(t => t.IsCompleted) < count)
        {
            await Task.WhenAny(tasks.Where(t => !t.IsCompleted));
        }

        return [.. tasks.Where(t => t.IsCompleted)];
    }

    private static ByteArrayContent Encode(
        byte[] bytes,
        string encoding,
        CompressionLevel level = CompressionLevel.Fastest
    )
    {
        using var output = new MemoryStream();
        using (
            Stream stream = encoding switch
            {
                "gzip" => new GZipStream(output, level, leaveOpen: true),
                "deflate" => new ZLibStream(output, level, leaveOpen: true),
                "raw-deflate" => new DeflateStream(output, level, leaveOpen: true),
                _ => new BufferedStream(output),
            }
        )
        {
            stream.Write(bytes);
            stream.Flush();
            if (encoding == "identity")
            {
                return With(output.ToArray(), encoding);
            }
        }

        return With(output.ToArray(), encoding == "raw-deflate" ? "deflate" : encoding);
    }

    private static ByteArrayContent With(byte[] bytes, string encoding)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return content;
    }
}
