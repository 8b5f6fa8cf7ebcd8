using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Tests;

public sealed class SeriesTests
{
    private const string V1 = "/api/v1/series";
    private const string V2 = "/api/v2/series";
    private const string KeyUnchecked =
        "datadog-facts 3.1: metrics are accepted under any key; under a dead one they reach nobody";

    private const string PointLate = "datadog-facts 3.2: a point may be 1 hour old or 10 minutes ahead, others vanish";

    private const string TooManyPoints = "limits 3.1: v2 drops a payload above 10,000 points";

    private const string Distribution = "/api/v1/distribution_points";

    [Fact]
    public async Task WhatArrivesIsKeptByteForByteUnderItsOrg()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("EU1");
        var now = Now(world);
        var one = $$"""{ "metric":"a.b","points":[[{{now}},1.50]],"type":"gauge" }""";
        var two = $$"""{"metric":"c","points":[{"timestamp":{{now}},"value":2}]}""";
        var three = $$"""{"metric":"d","points":[[{{now}},[1,2.0]]]}""";

        var v1 = await world.PostAsync("EU1", key, V1, $$"""{"series":[{{one}}]}""", "text/json");
        var v2 = await world.PostAsync("EU1", key, V2, $$"""{"series":[{{two}},{{two}}]}""");
        var points = await world.PostAsync("EU1", key, Distribution, $$"""{"series":[{{three}}]}""", "text/json");

        Assert.Equal((202, """{"status": "ok"}""", "text/json"), ((int)v1.Status, v1.Body, v1.ContentType));
        Assert.Equal((202, """{"errors":[]}""", "application/json"), ((int)v2.Status, v2.Body, v2.ContentType));
        Assert.Equal((202, """{"status": "ok"}""", "text/json"), ((int)points.Status, points.Body, points.ContentType));
        Assert.Equal([one, two, two, three], Items(world));
        var (host, org) = ("api.datadoghq.eu", world.OrgAt("EU1").Id);
        Assert.Equal(
            [
                new Arrival("EU1", host, V1, org, "Demo EU1", "metrics", 1, 1, 0, 0, 0),
                new Arrival("EU1", host, V2, org, "Demo EU1", "metrics", 1, 2, 0, 0, 0),
                new Arrival("EU1", host, Distribution, org, "Demo EU1", "metrics", 1, 1, 0, 0, 0),
            ],
            world.State.Arrivals.All
        );
    }

    [Fact]
    public async Task ProtobufIsShownAsJsonWithTheSeriesOwnBytes()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var now = Now(world);
        byte[] series =
        [
            .. Bytes(1, [.. Bytes(1, "host"u8), .. Bytes(2, "h1"u8)]),
            .. Bytes(2, "a.b"u8),
            .. Bytes(3, "env:prod"u8),
            .. Bytes(4, [.. Double(1, 1.5), .. Varint(2, now)]),
            .. Varint(5, 3),
            .. Bytes(6, "byte"u8),
            .. Varint(8, 10),
            .. Bytes(9, Bytes(1, Varint(4, 12))),
        ];
        byte[] whole = [.. Bytes(1, series)];

        var reply = await world.PostAsync("US1", key, V2, Protobuf([.. whole, .. whole]));

        Assert.Equal((202, """{"errors":[]}"""), reply.Said);
        var item = $$"""
            {"metric":"a.b","points":[{"timestamp":{{now}},"value":1.5}],"type":3,
            "resources":[{"type":"host","name":"h1"}],"tags":["env:prod"],"unit":"byte","interval":10,
            "raw":"{{Convert.ToBase64String(whole)}}"}
            """.ReplaceLineEndings("");
        Assert.Equal([item, item], Items(world).Select(Unescaped));
    }

    [Theory]
    [InlineData("0A")]
    [InlineData("0A05")]
    [InlineData("0B")]
    [InlineData("0A021205")]
    [InlineData("0A0A2208090000000000")]
    public async Task BrokenProtobufIsMalformed(string hex)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.PostAsync("US1", key, V2, Protobuf(Convert.FromHexString(hex)));

        Assert.Equal(400, (int)reply.Status);
        Assert.Empty(world.State.Arrivals.All);
    }

    [Fact]
    [Trait("fault", "F11")]
    public async Task ADeadKeyIsAnswered202AndReachesNobody()
    {
        await using var world = await World.StartAsync();
        var org = world.OrgAt("US3");
        var key = await world.KeyAsync("US3");
        org.Keys.Single().Live = false;
        var body = $$"""{"series":[{"metric":"a","points":[[{{Now(world)}},1]]}]}""";

        var dead = await world.PostAsync("US3", key, V1, body);
        var elsewhere = await world.PostAsync("US1", key, V1, body);
        var unknown = await world.PostAsync("US1", "0123", V1, body);
        var none = await world.PostAsync("US1", null, V1, body);

        Assert.Equal((202, """{"status": "ok"}"""), dead.Said);
        Assert.Equal(KeyUnchecked, dead.Fact);
        Assert.Equal((dead.Said, dead.Said), (elsewhere.Said, unknown.Said));
        Assert.Equal(403, (int)none.Status);
        Assert.Equal((0, 3), (world.State.Arrivals.Count, world.State.Arrivals.Items(fate: Fate.BadKey).Count));
        Assert.Equal(
            [
                new Arrival("US3", "api.us3.datadoghq.com", V1, org.Id, "Demo US3", "metrics", 1, 0, 0, 0, 0, 1),
                new Arrival("US1", "api.datadoghq.com", V1, org.Id, "Demo US3", "metrics", 1, 0, 0, 0, 0, 1),
                new Arrival("US1", "api.datadoghq.com", V1, "", "", "metrics", 1, 0, 0, 0, 0, 1),
            ],
            world.State.Arrivals.All
        );
    }

    [Fact]
    public async Task APointOutOfItsWindowIsAnswered202AndVanishes()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var (oldest, newest) = (Now(world) - 3600, Now(world) + 600);

        var reply = await world.PostAsync(
            "US1",
            key,
            V1,
            $$"""
            {"series":[{"metric":"edges","points":[[{{oldest}},1],[{{newest}},2]]},
            {"metric":"late","points":[[{{oldest - 1}},1]]},
            {"metric":"mixed","points":[[{{newest}},1],[{{newest + 1}},2]]}]}
            """
        );

        Assert.Equal((202, """{"status": "ok"}""", PointLate), ((int)reply.Status, reply.Body, reply.Fact));
        Assert.Equal(
            [
                $$"""{"metric":"edges","points":[[{{oldest}},1],[{{newest}},2]]}""",
                $$"""{"metric":"mixed","points":[[{{newest}},1]]}""",
            ],
            Items(world)
        );
        Assert.Equal(
            [
                $$"""{"metric":"late","points":[[{{oldest - 1}},1]]}""",
                $$"""{"metric":"mixed","points":[[{{newest + 1}},2]]}""",
            ],
            Items(world, Fate.Dropped)
        );
    }

    [Fact]
    public async Task StrictModeRefusesWhatWouldBeLostAndSaysWhy()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.Set("""{"strict":true}""");

        var badKey = await world.PostAsync("US1", "0123", V1, """{"series":[]}""");
        var late = await world.PostAsync("US1", key, V1, """{"series":[{"metric":"a","points":[[1,1]]}]}""");
        var points = string.Join(',', Enumerable.Repeat($$"""{"timestamp":{{Now(world)}},"value":1}""", 10_001));
        var many = await world.PostAsync("US1", key, V2, $$"""{"series":[{"metric":"a","points":[{{points}}]}]}""");

        Assert.Equal((403, """{"errors":["Forbidden"]}"""), badKey.Said);
        Assert.Equal(
            (400, """{"errors":["strict: series[0] has a point older than 1 hour or over 10 minutes ahead"]}"""),
            late.Said
        );
        Assert.Equal((413, """{"errors":["strict: the payload has above 10000 points"]}"""), many.Said);
        Assert.Empty(world.State.Arrivals.All);
    }

    [Fact]
    public async Task APayloadOfTooManyPointsVanishesWhole()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var points = string.Join(',', Enumerable.Repeat($$"""{"timestamp":{{Now(world)}},"value":1}""", 10_001));

        var reply = await world.PostAsync("US1", key, V2, $$"""{"series":[{"metric":"a","points":[{{points}}]}]}""");

        Assert.Equal((202, TooManyPoints), ((int)reply.Status, reply.Fact));
        Assert.Equal((0, 1), (Items(world).Count(), Items(world, Fate.Dropped).Count()));
    }

    [Theory]
    [InlineData(V1, "not json", "invalid JSON")]
    [InlineData(V1, "[]", "series is missing")]
    [InlineData(V1, """{"series":[1]}""", "series[0] is not an object")]
    [InlineData(V1, """{"series":[{"points":[]}]}""", "series[0].metric is missing")]
    [InlineData(V1, """{"series":[{"metric":"a"}]}""", "series[0].points is missing")]
    [InlineData(V1, """{"series":[{"metric":"a","points":[[1,"2"]]}]}""", "series[0].points[0] is malformed")]
    [InlineData(V2, """{"series":[{"metric":"a","points":[[1,2]]}]}""", "series[0].points[0] is malformed")]
    [InlineData(V2, """{"series":[{"metric":"a","points":[{"value":2}]}]}""", "series[0].points[0] is malformed")]
    [InlineData(Distribution, """{"series":[{"metric":"a","points":[[1,2]]}]}""", "series[0].points[0] is malformed")]
    public async Task AMalformedBodyIsRefusedWhole(string path, string body, string why)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.PostAsync("US1", key, path, body);

        Assert.Equal((400, $$"""{"errors":["Payload is not in the expected format: {{why}}"]}"""), reply.Said);
        Assert.Empty(world.State.Arrivals.All);
    }

    [Theory]
    [InlineData(V1, 3_200_000, 62_914_560)]
    [InlineData(V2, 512_000, 5_242_880)]
    [InlineData(Distribution, 3_200_000, 62_914_560)]
    public async Task LimitsHoldToTheByteOnTheWireAndDecompressed(string path, int wire, int plain)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        Assert.Equal(202, (int)(await world.PostAsync("US1", key, path, BodyOf(wire))).Status);
        Assert.Equal(413, (int)(await world.PostAsync("US1", key, path, BodyOf(wire + 1))).Status);
        Assert.Equal(202, (int)(await world.PostAsync("US1", key, path, Deflated(BodyOf(plain)))).Status);
        Assert.Equal(413, (int)(await world.PostAsync("US1", key, path, Deflated(BodyOf(plain + 1)))).Status);
    }

    private static string BodyOf(int bytes) => """{"series":[]}""".PadRight(bytes);

    private static ByteArrayContent Deflated(string text)
    {
        var body = new MemoryStream();
        using (var encoding = new ZLibStream(body, CompressionLevel.Fastest))
        {
            encoding.Write(Encoding.UTF8.GetBytes(text));
        }

        return new ByteArrayContent(body.ToArray()) { Headers = { ContentEncoding = { "deflate" } } };
    }

    private static long Now(World world) => world.Clock.GetUtcNow().ToUnixTimeSeconds();

    private static IEnumerable<string> Items(World world, Fate? fate = null) =>
        world.State.Arrivals.Items(fate: fate).Select(item => Encoding.UTF8.GetString(item.Raw.Span));

    private static string Unescaped(string json) => json.Replace("\\u002B", "+", StringComparison.Ordinal);

    private static ByteArrayContent Protobuf(byte[] body) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf") } };

    private static byte[] Bytes(int field, ReadOnlySpan<byte> value) =>
        [.. Number((ulong)(field << 3) | 2), .. Number((ulong)value.Length), .. value];

    private static byte[] Varint(int field, long value) => [.. Number((ulong)(field << 3)), .. Number((ulong)value)];

    private static byte[] Double(int field, double value)
    {
        var bits = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bits, value);
        return [.. Number((ulong)(field << 3) | 1), .. bits];
    }

    private static List<byte> Number(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }
}
