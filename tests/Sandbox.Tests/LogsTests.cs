using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Tests;

public sealed class LogsTests
{
    private const string TwoLogs = """[{"message":"one","n":1.50},  {"message":"two ü\n"}]""";
    private static readonly string[] TwoItems = ["""{"message":"one","n":1.50}""", """{"message":"two ü\n"}"""];

    [Fact]
    public async Task WhatArrivesIsKeptByteForByteUnderItsOrg()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US3");
        var org = world.OrgAt("US3");

        var reply = await world.LogsAsync("US3", key, TwoLogs);
        var single = await world.LogsAsync("US3", key, """ {"message":"three"} """);

        Assert.Equal(((202, "{}"), (202, "{}")), (reply.Said, single.Said));
        Assert.Equal([.. TwoItems, """{"message":"three"}"""], Items(world));
        var host = "http-intake.logs.us3.datadoghq.com";
        Assert.Equal(
            [new Arrival("US3", host, "/api/v2/logs", org.Id, "Demo US3", "logs", 2, 3, 0, 0, 0)],
            world.State.Arrivals.All
        );
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("raw deflate")]
    [InlineData("identity")]
    [InlineData("zstd")]
    public async Task TheDocumentedEncodingsAreRead(string encoding)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.SendAsync(World.Logs("US1", key, Encoded(encoding, TwoLogs)));

        Assert.Equal((202, "{}"), reply.Said);
        Assert.Equal(TwoItems, Items(world));
    }

    [Fact]
    public async Task AnotherEncodingIsRefusedAndGarbageIsMalformed()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var brotli = await world.SendAsync(World.Logs("US1", key, Encoded("br", TwoLogs)));
        var garbage = new ByteArrayContent("not gzip"u8.ToArray()) { Headers = { ContentEncoding = { "gzip" } } };
        var malformed = await world.SendAsync(World.Logs("US1", key, garbage));

        Assert.Equal((415, 400), ((int)brotli.Status, (int)malformed.Status));
    }

    [Theory]
    [InlineData(
        "/api/v2/logs",
        401,
        """{"errors":[{"status":"401","title":"Unauthorized","detail":"API key is missing"}]}"""
    )]
    [InlineData("/v1/input", 403, """{"code":403,"message":"API key is missing"}""")]
    public async Task AMissingKeyIsRefusedInTheDialectOfThePath(string path, int status, string body)
    {
        await using var world = await World.StartAsync();

        Assert.Equal((status, body), (await world.LogsAsync("US1", null, "[]", path)).Said);
    }

    [Theory]
    [InlineData("/api/v2/logs", """{"errors":[{"status":"403","title":"Forbidden","detail":"API key is invalid"}]}""")]
    [InlineData("/v1/input", """{"code":403,"message":"API key is invalid"}""")]
    public async Task AKeyOfOneSiteIsUselessOnAnother(string path, string body)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US3");

        foreach (var site in SiteTable.All.Where(site => site.Name != "US3"))
        {
            Assert.Equal((403, body), (await world.LogsAsync(site.Name, key, TwoLogs, path)).Said);
        }

        Assert.Empty(world.State.Arrivals.All);
    }

    [Fact]
    public async Task ADeletedKeyIsForbidden()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.OrgAt("US1").Keys.Single().Live = false;

        Assert.Equal(403, (int)(await world.LogsAsync("US1", key, TwoLogs)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[{\"message\":\"one\"}")]
    [InlineData("[{\"message\":\"one\"}] trailing")]
    [InlineData("[\"a string\"]")]
    [InlineData("42")]
    public async Task AMalformedBodyIsRefusedWhole(string body)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.LogsAsync("US1", key, body);

        Assert.Equal(
            (400, """{"errors":[{"status":"400","title":"Bad Request","detail":"Payload is malformed"}]}"""),
            reply.Said
        );
        Assert.Empty(world.State.Arrivals.All);
    }

    [Fact]
    public async Task LimitsHoldToTheByteAndTheEntry()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        Assert.Equal(202, (int)(await world.LogsAsync("US1", key, BodyOf(5_000_000))).Status);
        Assert.Equal(413, (int)(await world.LogsAsync("US1", key, BodyOf(5_000_001))).Status);
        Assert.Equal(
            413,
            (int)(await world.SendAsync(World.Logs("US1", key, Encoded("gzip", BodyOf(5_000_001))))).Status
        );
        Assert.Equal(202, (int)(await world.LogsAsync("US1", key, Entries(1_000))).Status);
        Assert.Equal(413, (int)(await world.LogsAsync("US1", key, Entries(1_001))).Status);
    }

    [Fact]
    public async Task ALogAboveOneMegabyteIsAcceptedAndTruncated()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.LogsAsync("US1", key, $"[{BodyOf(1_000_000)},{BodyOf(1_000_001)}]");

        Assert.Equal(202, (int)reply.Status);
        Assert.Equal([Fate.Kept, Fate.Truncated], world.State.Arrivals.Items().Select(item => item.Fate));
    }

    [Fact]
    public async Task ALogOlderThanEighteenHoursIsAcceptedAndVanishes()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var old = world.Clock.GetUtcNow().AddHours(-18).AddSeconds(-1);

        var reply = await world.LogsAsync(
            "US1",
            key,
            $$"""
            [{"message":"a","timestamp":{{old.ToUnixTimeMilliseconds()}}},
             {"message":"b","date":"{{old:O}}"},
             {"message":"c","@timestamp":"{{old:yyyy-MM-ddTHH:mm:ssZ}}"},
             {"message":"d","timestamp":{{old.AddSeconds(2).ToUnixTimeMilliseconds()}}},
             {"message":"e","nested":{"timestamp":1} }]
            """
        );

        Assert.Equal(202, (int)reply.Status);
        var arrivals = world.State.Arrivals;
        Assert.Equal((2, 3), (arrivals.Items().Count, arrivals.Items(fate: Fate.Dropped).Count));
    }

    [Fact]
    public async Task StrictModeRefusesTheLogsThatWouldBeLostOrCut()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.Set("""{"strict":true}""");

        var late = await world.LogsAsync("US1", key, """[{"message":"a","timestamp":1}]""");
        var large = await world.LogsAsync("US1", key, $"[{BodyOf(1_000_001)}]");

        Assert.Equal((400, 413), ((int)late.Status, (int)large.Status));
        Assert.Contains("strict: a log is older than 18 hours", late.Body, StringComparison.Ordinal);
        Assert.Empty(world.State.Arrivals.All);
    }

    [Fact]
    public async Task TextIsOneLogPerLineWithTheTagsOfTheQuery()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.SendAsync(
            World.Logs(
                "US1",
                key,
                new StringContent("one\ntwo\n", Encoding.UTF8, "text/plain"),
                "/v1/input?ddtags=env:prod"
            )
        );

        Assert.Equal((200, "{}"), reply.Said);
        Assert.Equal(
            ["""{"ddtags":"env:prod","message":"one"}""", """{"ddtags":"env:prod","message":"two"}"""],
            Items(world)
        );
    }

    [Fact]
    public async Task LineBreaksBetweenTokensAreTakenOutAndSaid()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        await world.LogsAsync("US1", key, "[{\r\n \"message\": \"one\\n\"}]");

        Assert.Equal(["""{ "message": "one\n"}"""], Items(world));
        Assert.True(world.State.Arrivals.Items().Single().Rewritten);
    }

    [Fact]
    public async Task TheKeyMayStandInTheQueryButIsNotWrittenDown()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.LogsAsync("US1", null, TwoLogs, $"/api/v2/logs?api_key={key}");
        await world.LogsAsync("US1", null, TwoLogs, $"/v1/input/{key}");

        Assert.Equal((202, "datadog-facts 3.1: api_key in the query is deprecated"), ((int)reply.Status, reply.Fact));
        var journal = JsonSerializer.Serialize(world.State.Journal.Entries);
        Assert.DoesNotContain(key, journal, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Items(World world) =>
        world.State.Arrivals.Items().Select(item => Encoding.UTF8.GetString(item.Raw.Span));

    private static string BodyOf(int bytes) => $$"""{"message":"{{new string('x', bytes - 14)}}"}""";

    private static string Entries(int count) => $"[{string.Join(',', Enumerable.Repeat("{}", count))}]";

    private static ByteArrayContent Encoded(string encoding, string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var body = encoding switch
        {
            "gzip" => Compressed(plain, body => new GZipStream(body, CompressionLevel.Fastest)),
            "deflate" => Compressed(plain, body => new ZLibStream(body, CompressionLevel.Fastest)),
            "raw deflate" => Compressed(plain, body => new DeflateStream(body, CompressionLevel.Fastest)),
            "zstd" => Compressed(plain, body => new ZstdSharp.CompressionStream(body, leaveOpen: false)),
            _ => plain,
        };
        return new ByteArrayContent(body) { Headers = { ContentEncoding = { encoding.Split(' ')[^1] } } };
    }

    private static byte[] Compressed(byte[] plain, Func<Stream, Stream> encoder)
    {
        var body = new MemoryStream();
        using (var encoding = encoder(body))
        {
            encoding.Write(plain);
        }

        return body.ToArray();
    }
}
