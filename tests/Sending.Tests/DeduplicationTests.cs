using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.Deduplication;
using Partner.Testing;
using static Partner.Sending.Tests.RepeatedAnswer;

namespace Partner.Sending.Tests;

/// <summary>Requests that come again byte for byte, one after the other.</summary>
public sealed class DeduplicationTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    public async Task ARepetitionIsAnsweredAsTheFirstByAnyInstanceAndIsStoredOnce()
    {
        await using var host = await StartAsync();
        await using var other = await StartAsync();
        const string Body = "one\n@1700000000000 old";
        Assert.Equal(
            [First, Again, Again, Again],
            [
                await OfAsync(host.PostAsync(_connection, Body)),
                await OfAsync(host.PostAsync(_connection, Body)),
                await OfAsync(other.PostAsync(_connection, Body)),
                await OfAsync(other.PostAsync(_connection, Body)),
            ]
        );
        Assert.Equal(2, await database.AcceptedAsync(_connection));
        Assert.Equal(
            1,
            await database.Database.ScalarAsync<long>(
                "SELECT count(*) FROM dead_letters WHERE connection = $1",
                _connection.Text
            )
        );
        Assert.Equal(["one"], await host.Datadog.WaitForAsync(1));
    }

    [Fact]
    public async Task WhatDiffersInAnythingIsStored()
    {
        await using var host = await StartAsync();
        Func<Task<HttpResponseMessage>>[] requests =
        [
            () => host.PostAsync(_connection, "one"),
            () => host.PostAsync(_connection, "onf"),
            () => host.PostAsync(_connection, "one "),
            () => host.PostAsync(_connection, "one", query: "?v=1"),
            () => host.PostAsync(_connection, "one", path: "/code"),
            () => host.PostAsync(_connection, Typed("one", "text/plain")),
            () => host.PostAsync(_connection, Typed("one", "application/json")),
            () => host.PostAsync(_connection, Encoded("one", "identity")),
            () => host.PostAsync(ConnectionId.New(), "one"),
        ];
        var firsts = new List<bool>();
        foreach (var request in requests)
        {
            firsts.Add((await OfAsync(request())).Replayed);
        }

        Assert.Equal(requests.Select(_ => false), firsts);
        Assert.Equal(requests.Length - 1, await database.AcceptedAsync(_connection));
        // Each of them is one that comes again.
        foreach (var request in requests[..^1])
        {
            Assert.True((await OfAsync(request())).Replayed);
        }

        Assert.Equal(requests.Length - 1, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task AnIdempotencyKeySaysItselfWhatARepetitionIs()
    {
        await using var host = await StartAsync();
        Assert.Equal(
            [First, First, Again, First, Again],
            [
                await OfAsync(host.PostAsync(_connection, "one", key: "a")),
                await OfAsync(host.PostAsync(_connection, "one", key: "b")),
                await OfAsync(host.PostAsync(_connection, "one", key: "b")),
                await OfAsync(host.PostAsync(_connection, "one")),
                await OfAsync(host.PostAsync(_connection, "one")),
            ]
        );
        Assert.Equal(3, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task WhatIsRefusedAsAWholeIsNotRemembered()
    {
        await using var host = await StartAsync();
        const string Mixed = "one\n@1700000000000 old";
        foreach (var _ in new[] { 1, 2 })
        {
            var none = await OfAsync(host.PostAsync(_connection, "\n"));
            var strict = await OfAsync(host.PostAsync(_connection, Mixed, strict: true));
            Assert.Equal(
                (HttpStatusCode.BadRequest, false, HttpStatusCode.BadRequest, false),
                (none.Status, none.Replayed, strict.Status, strict.Replayed)
            );
        }

        Assert.Equal(0, await RememberedAsync());
        Assert.Equal(First, await OfAsync(host.PostAsync(_connection, Mixed)));
        // What a strict key refuses is refused to it, whoever else has sent it.
        var refused = await OfAsync(host.PostAsync(_connection, Mixed, strict: true));
        Assert.Equal((HttpStatusCode.BadRequest, false), (refused.Status, refused.Replayed));
    }

    [Fact]
    public async Task AfterAMinuteByTheDatabasesClockItIsAnother()
    {
        await using (var host = await StartAsync())
        {
            Assert.Equal(First, await OfAsync(host.PostAsync(_connection, "one")));
        }

        await using var late = await StartAsync();
        await AgeAsync("59 seconds");
        Assert.Equal(Again, await OfAsync(late.PostAsync(_connection, "one")));
        await using var later = await StartAsync();
        await AgeAsync("61 seconds");
        Assert.Equal(First, await OfAsync(later.PostAsync(_connection, "one")));
        await using var again = await StartAsync();
        Assert.Equal(Again, await OfAsync(again.PostAsync(_connection, "one")));
        Assert.Equal(2, await database.AcceptedAsync(_connection));
    }

    [Fact]
    public async Task WhatIsOldIsRemoved()
    {
        await using var host = await StartAsync();
        await OfAsync(host.PostAsync(_connection, "old"));
        await AgeAsync("61 seconds");
        await OfAsync(host.PostAsync(_connection, "young"));
        var store = host.Get<DeduplicationStore>();
        while (await store.PruneAsync(1, CancellationToken.None) == 1) { }
        Assert.Equal(1, await RememberedAsync());
    }

    [Fact]
    public void AnInstanceRemembersForAMinuteAndNoMoreThanItMay()
    {
        var time = new ManualTimeProvider();
        var memory = new DeduplicationMemory(
            time,
            Options.Create(new DeduplicationOptions { MaxConnectionRequests = 2, MaxRequests = 3 })
        );
        var other = ConnectionId.New();
        memory.Add(new(_connection, 1));
        time.Advance(TimeSpan.FromSeconds(30));
        memory.Add(new(_connection, 1));
        memory.Add(new(_connection, 2));
        memory.Add(new(_connection, 3));
        memory.Add(new(other, 1));
        memory.Add(new(other, 2));
        Assert.Equal("1, 2; 1", Known());
        time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Equal("1, 2; 1", Known());
        Assert.False(memory.HasRoom(_connection));
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("2; 1", Known());
        Assert.True(memory.HasRoom(_connection));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("; ", Known());

        string Known() => $"{KnownOf(_connection)}; {KnownOf(other)}";
        string KnownOf(ConnectionId connection) =>
            string.Join(", ", Enumerable.Range(1, 3).Where(i => memory.Contains(new(connection, (UInt128)i))));
    }

    [Fact]
    public async Task WhereThereAreTooManyTheOthersAreStoredAndNotRemembered()
    {
        await using var host = await StartAsync(new() { ["Deduplication:MaxConnectionRequests"] = "2" });
        foreach (var body in new[] { "one", "two", "three", "three" })
        {
            Assert.Equal(First, await OfAsync(host.PostAsync(_connection, body)));
        }

        Assert.Equal(Again, await OfAsync(host.PostAsync(_connection, "one")));
        Assert.Equal((4, 2), (await database.AcceptedAsync(_connection), await RememberedAsync()));
        var beside = ConnectionId.New();
        Assert.Equal(First, await OfAsync(host.PostAsync(beside, "three")));
        Assert.Equal(Again, await OfAsync(host.PostAsync(beside, "three")));
    }

    [Fact]
    public async Task OfATypeWhoseRequestsMayBeEqualTheTableIsNotTouched()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
        await using var blocked = await TableLock.TakeAsync(admin, "logs.deduplication_ids");
        Assert.Equal(First, await OfAsync(host.PostAsync(_connection, "one")));
        Assert.Equal(First, await OfAsync(host.PostAsync(_connection, "one")));
        Assert.Equal(2, await database.AcceptedAsync(_connection));
    }

    private Task<SendingHost> StartAsync(Dictionary<string, string?>? settings = null) =>
        SendingHost.StartAsync(
            database.ConnectionString,
            sender: new TestSender(deduplicates: true),
            settings: settings
        );

    private static ByteArrayContent Typed(string body, string type) =>
        new(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    private static ByteArrayContent Encoded(string body, string encoding) =>
        new(Encoding.UTF8.GetBytes(body)) { Headers = { ContentEncoding = { encoding } } };

    private Task AgeAsync(string age) =>
        database.Database.ExecuteAsync(
            "UPDATE deduplication_ids SET created_at = now() - $2::interval WHERE connection = $1",
            _connection.Text,
            age
        );

    private Task<long> RememberedAsync() =>
        database.Database.ScalarAsync<long>(
            "SELECT count(*) FROM deduplication_ids WHERE connection = $1",
            _connection.Text
        );
}
