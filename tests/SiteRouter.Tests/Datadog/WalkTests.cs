using System.Text.Json;
using Partner.Sandbox.Traffic;

namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>all=true over the four styles of paging, against the sandbox.</summary>
public sealed class WalkTests(WalkTests.World world) : IClassFixture<WalkTests.World>
{
    private const int Rows = 3_456;

    [Theory]
    [InlineData("GET", "/api/v1/monitor?all=true", "name", "monitor", 5)]
    [InlineData("GET", "/api/v1/dashboard?all=true&count=500", "title", "dashboard", 8)]
    [InlineData("GET", "/api/v2/metrics?all=true&page[size]=1000", "id", "metric", 4)]
    [InlineData("POST", "/api/v2/logs/events/search?all=true", "id", "log", 4)]
    public async Task EveryItemComesOnceAndInOrder(string method, string path, string name, string kind, int pages)
    {
        var (connection, org) = world.Value.Connect();
        var body = method == "POST" ? """{"filter":{"query":"*"},"page":{"cursor":"b3RoZXI"}}""" : null;
        var reply = await world.Value.Router.SendAsync(connection, new HttpMethod(method), path, body, "read");

        Assert.Equal((200, "application/x-ndjson"), (reply.Status, reply.ContentType));
        var lines = LinesOf(reply);
        Assert.Equal(Rows, lines.Count);
        Assert.Equal(Enumerable.Range(1, Rows), lines.Select(line => Number(line.GetProperty(name).GetString()!)));
        Assert.All(lines, line => Assert.Contains(kind == "log" ? org.Id : kind, line.GetProperty(name).GetString()));
        Assert.Equal(pages, world.Value.State.Journal.Entries.Count(e => e.Org == org.Id && e.Status == 200));

        static int Number(string text) => int.Parse(text[(text.LastIndexOfAny([' ', '_', '-']) + 1)..]);
    }

    [Fact]
    public async Task TheCallersOwnQueryGoesAlong()
    {
        var (connection, org) = world.Value.Connect();
        var reply = await world.Value.Router.SendAsync(
            connection,
            HttpMethod.Get,
            "/api/v1/monitor?all=true&page_size=1000&page=2&name=x"
        );
        Assert.Equal(Rows, LinesOf(reply).Count);
        Assert.Equal(5, world.Value.State.Journal.Entries.Count(e => e.Org == org.Id));
    }

    [Fact]
    public async Task APageThatFailsInTheMiddleIsTheLastLine()
    {
        var (connection, org) = world.Value.Connect();
        using var request = world.Value.Router.Request(
            connection,
            HttpMethod.Get,
            "/api/v1/dashboard?all=true&count=10"
        );
        using var response = await world.Value.Router.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var first = await reader.ReadLineAsync();
        world.Value.State.Faults.Add(
            new Fault
            {
                Filter = new() { Org = org.Id },
                Action = FaultAction.Status,
                Status = 500,
            }
        );
        var (count, last) = (1, first!);
        while (await reader.ReadLineAsync() is { } line)
        {
            (count, last) = (count + 1, line);
        }

        // The walk may be some pages ahead of its reader.
        Assert.InRange(count - 1, 10, Rows - 1);
        Assert.Equal(0, (count - 1) % 10);
        Assert.Equal(
            $$$"""{"$incomplete":{"type":"datadog-refused","status":500,"title":"Datadog answered 500.","items":{{{count - 1}}}}}""",
            last
        );
    }

    [Theory]
    [InlineData(FaultAction.Reset)]
    [InlineData(FaultAction.Truncated)]
    [InlineData(FaultAction.LostAnswer)]
    public async Task WhatFailsOnceIsAskedForAgain(FaultAction action)
    {
        var (connection, org) = world.Value.Connect();
        world.Value.State.Faults.Add(
            new Fault
            {
                Filter = new() { Org = org.Id },
                Action = action,
                Count = 1,
            }
        );
        var reply = await world.Value.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor?all=true");
        Assert.Equal((200, Rows), (reply.Status, LinesOf(reply).Count));
    }

    [Fact]
    public async Task AFirstPageThatIsRefusedIsDatadogsOwnAnswer()
    {
        var (connection, _) = world.Value.Connect();
        var reply = await world.Value.Router.SendAsync(
            connection,
            HttpMethod.Get,
            "/api/v1/monitor?all=true&page_size=1001"
        );
        Assert.Equal((400, """{"errors":["Invalid page parameter"]}"""), (reply.Status, reply.Body));
    }

    [Fact]
    public async Task ASearchThatIsTooLongIsRefusedAndNotTakenForAnEmptyOne()
    {
        var (connection, _) = world.Value.Connect();
        var reply = await world.Value.Router.SendAsync(
            connection,
            HttpMethod.Post,
            "/api/v2/logs/events/search?all=true",
            "{}".PadRight(300_000)
        );
        Assert.Equal((400, "bad-request"), reply.Problem);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("nonsense")]
    [InlineData("{\"page\":1}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("null")]
    public async Task ABodyThatACursorCannotBePutIntoIsRefused(string body)
    {
        var (connection, org) = world.Value.Connect();
        var reply = await world.Value.Router.SendAsync(
            connection,
            HttpMethod.Post,
            "/api/v2/logs/events/search?all=true",
            body
        );
        Assert.Equal((400, "bad-request"), reply.Problem);
        Assert.DoesNotContain(world.Value.State.Journal.Entries, e => e.Org == org.Id);
    }

    [Fact]
    public async Task AWalkEndsWithItsReader()
    {
        var (connection, org) = world.Value.Connect();
        using var request = world.Value.Router.Request(
            connection,
            HttpMethod.Get,
            "/api/v1/dashboard?all=true&count=1"
        );
        using (
            var response = await world.Value.Router.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)
        )
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            Assert.NotNull(await reader.ReadLineAsync());
        }

        // Until it is still twice in a row; the whole walk would be thousands of pages.
        var (before, after) = (-1, Asked());
        while (before != after)
        {
            await Task.Delay(500);
            (before, after) = (after, Asked());
        }

        Assert.InRange(after, 1, Rows - 1);

        int Asked() => world.Value.State.Journal.Entries.Count(e => e.Org == org.Id);
    }

    internal static List<JsonElement> LinesOf(Reply reply) =>
        [
            .. reply
                .Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];

    public sealed class World : IAsyncLifetime
    {
        public SandboxWorld Value { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Value.InitializeAsync();
            Value.State.Settings = Value.State.Settings with { Rows = Rows };
        }

        public ValueTask DisposeAsync() => Value.DisposeAsync();
    }
}
