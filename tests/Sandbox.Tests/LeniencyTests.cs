using System.Net;
using System.Text;
using System.Text.Json;
using Partner.Sandbox.Intake;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Tests;

/// <summary>What real clients send that a strict reader would stumble over.</summary>
public sealed class LeniencyTests
{
    private const string Half = """\ud83d""";

    public static TheoryData<string, string, string> Halves { get; } =
        new()
        {
            {
                "/api/v1/series",
                $$"""{"metric":"m{{Half}}","points":[[NOW,1]],"tags":["a:\udc00","{{Half}}\ud83d\ude00"],"k{{Half}}":1}""",
                """{"series":[ITEM]}"""
            },
            {
                "/api/v2/series",
                $$"""{"metric":"m{{Half}}","points":[{"timestamp":NOW,"value":1}],"\udfff":null}""",
                """{"series":[ITEM]}"""
            },
            {
                "/api/v1/distribution_points",
                $$"""{"metric":"m","points":[[NOW,[1]]],"host":"{{Half}}x"}""",
                """{"series":[ITEM]}"""
            },
            {
                "/api/v1/check_run",
                $$"""{"check":"c{{Half}}","host_name":"\\{{Half}}","status":0,"tags":["{{Half}}"]}""",
                "[ITEM]"
            },
            {
                "/api/v1/events",
                $$"""{"title":"t{{Half}}","text":"\ude00{{Half}}","tags":["{{Half}}"],"{{Half}}":"x"}""",
                "ITEM"
            },
        };

    [Theory]
    [MemberData(nameof(Halves))]
    public async Task HalfASurrogatePairIsTakenOnceAndKeptAsItCame(string path, string item, string frame)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var sent = item.Replace("NOW", $"{world.Clock.GetUtcNow().ToUnixTimeSeconds()}", StringComparison.Ordinal);

        var reply = await world.PostAsync("US1", key, path, frame.Replace("ITEM", sent, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Accepted, reply.Status);
        Assert.Equal([sent], world.State.Arrivals.Items().Select(i => Encoding.UTF8.GetString(i.Raw.Span)));
    }

    [Theory]
    [InlineData("/api/v2/logs", 202)]
    [InlineData("/v1/input", 200)]
    public async Task HalfASurrogatePairInALogIsKeptAsItCame(string path, int status)
    {
        await using var world = await World.StartAsync();
        var log = $$"""{"message":"{{Half}}","{{Half}}":1,"timestamp":"{{Half}}","date":"\udc00 2020"}""";

        var reply = await world.LogsAsync("US1", await world.KeyAsync("US1"), $"[{log}]", path);

        Assert.Equal(status, (int)reply.Status);
        Assert.Equal([log], world.State.Arrivals.Items().Select(i => Encoding.UTF8.GetString(i.Raw.Span)));
    }

    [Fact]
    public async Task BytesThatAreNoUtf8BreakNothing()
    {
        await using var world = await World.StartAsync();
        byte[] log = [.. """{"message":"x"""u8, 0xFF, 0xC3, 0x28, .. "\"}"u8];

        var reply = await world.SendAsync(World.Logs("US1", await world.KeyAsync("US1"), new ByteArrayContent(log)));

        Assert.Equal(HttpStatusCode.Accepted, reply.Status);
        Assert.Equal(log, world.State.Arrivals.Items().Single().Raw.ToArray());
    }

    [Theory]
    [InlineData("""\ud83d""", """\ufffd""")]
    [InlineData("""\ud83d\ude00""", """\ud83d\ude00""")]
    [InlineData("""\ud83d\ud83d\ude00""", """\ufffd\ud83d\ude00""")]
    [InlineData("""\ude00\ud83d""", """\ufffd\ufffd""")]
    [InlineData("""\\ud83d""", """\\ud83d""")]
    [InlineData("""\\\ud83d\n""", """\\\ufffd\n""")]
    [InlineData("""\ud83""", """\ud83""")]
    [InlineData("""\""", """\""")]
    public void WhatIsReadableIsAsLongAsWhatCame(string came, string readable) =>
        Assert.Equal(readable, Encoding.UTF8.GetString(Readable.Of(Encoding.UTF8.GetBytes(came))));

    [Fact]
    public async Task DatadogsRubyClientsNamesOfAnEventAreItsTitleAndText()
    {
        await using var world = await World.StartAsync();

        var reply = await world.PostAsync(
            "US1",
            await world.KeyAsync("US1"),
            "/api/v1/events",
            """{"msg_title":"a","msg_text":"b"}"""
        );

        Assert.Equal(HttpStatusCode.Accepted, reply.Status);
        var made = JsonDocument.Parse(reply.Body).RootElement.GetProperty("event");
        Assert.Equal(("a", "b"), (made.GetProperty("title").GetString(), made.GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("""{"check":"c","host_name":"h","status":0,"timestamp":NOW.25}""")]
    [InlineData("""{"check":"c","host_name":"h","status":0,"tags":null,"timestamp":null}""")]
    public async Task AFloatTimeAndNoTagsAreACheck(string check)
    {
        await using var world = await World.StartAsync();
        var sent = check.Replace("NOW", $"{world.Clock.GetUtcNow().ToUnixTimeSeconds()}", StringComparison.Ordinal);

        var reply = await world.PostAsync("US1", await world.KeyAsync("US1"), "/api/v1/check_run", $"[{sent}]");

        Assert.Equal((HttpStatusCode.Accepted, 1), (reply.Status, world.State.Arrivals.Count));
    }

    [Fact]
    public async Task APointOfNullAndTagsOfNullAreASeries()
    {
        await using var world = await World.StartAsync();
        var now = world.Clock.GetUtcNow().ToUnixTimeSeconds();

        var reply = await world.PostAsync(
            "US1",
            await world.KeyAsync("US1"),
            "/api/v1/series",
            $$"""{"series":[{"metric":"m","points":[[{{now}},null],[{{now}},1]],"tags":null}]}"""
        );

        Assert.Equal((HttpStatusCode.Accepted, 1), (reply.Status, world.State.Arrivals.Count));
    }

    [Theory]
    [InlineData("timestamp")]
    [InlineData("@timestamp")]
    [InlineData("date")]
    [InlineData("_timestamp")]
    [InlineData("Timestamp")]
    [InlineData("eventTime")]
    [InlineData("published_date")]
    public async Task EveryDefaultDateAttributeCountsInEveryForm(string name)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var (late, fresh) = (world.Clock.GetUtcNow().AddHours(-19), world.Clock.GetUtcNow().AddHours(-17));
        string[] Forms(DateTimeOffset at) =>
            [
                $"{at.ToUnixTimeMilliseconds()}",
                $"\"{at.ToUnixTimeMilliseconds()}\"",
                $"\"{at:yyyy-MM-ddTHH:mm:ss}Z\"",
                $"\"{at:yyyy-MM-dd HH:mm:ss}\"",
                $"\"{at:yyyy-MM-ddTHH:mm:ss},123Z\"",
                $"\"{at:yyyy-MM-ddTHH:mm:ss.ffffff}+0000\"",
                $"\"{at.ToOffset(TimeSpan.FromHours(-8)):yyyy-MM-dd HH:mm:ss,fff}-0800\"",
                $"\"{at.ToOffset(TimeSpan.FromHours(2)):yyyy-MM-ddTHH:mm:ss}+02\"",
                $"\"{at.ToOffset(TimeSpan.FromHours(5.5)):yyyy-MM-ddTHH:mm:ss}+05:30\"",
            ];

        foreach (var (dropped, form) in Forms(late).Select(f => (1, f)).Concat(Forms(fresh).Select(f => (0, f))))
        {
            world.State.Arrivals.Clear();
            var reply = await world.LogsAsync("US1", key, $$"""[{"message":"m","{{name}}":{{form}}}]""");
            Assert.Equal(
                (202, dropped, form),
                ((int)reply.Status, world.State.Arrivals.Items(fate: Fate.Dropped).Count, form)
            );
            Assert.Equal(
                dropped == 1
                    ? "datadog-facts 3.3: a log may be 18 hours old, an older one vanishes after its 202"
                    : null,
                reply.Fact
            );
        }
    }

    [Fact]
    public async Task SecondsAreAThingOf1970AndTheAnswerSaysSo()
    {
        await using var world = await World.StartAsync();
        var now = world.Clock.GetUtcNow().ToUnixTimeSeconds();

        var reply = await world.LogsAsync(
            "US1",
            await world.KeyAsync("US1"),
            $$"""[{"message":"m","timestamp":{{now}}}]"""
        );

        Assert.Equal((202, 1), ((int)reply.Status, world.State.Arrivals.Items(fate: Fate.Dropped).Count));
        Assert.Equal(
            "datadog-facts 3.3: a log's time is milliseconds; seconds are 1970, and such a log vanishes after its 202",
            reply.Fact
        );
    }

    [Theory]
    [InlineData("host")]
    [InlineData("hostname")]
    public async Task WhatTheAddressOfATextSaysIsOfEachOfItsLogs(string name)
    {
        await using var world = await World.StartAsync();

        await world.SendAsync(
            World.Logs(
                "US1",
                await world.KeyAsync("US1"),
                new StringContent("one", Encoding.UTF8, "text/plain"),
                $"/api/v2/logs?{name}=h&ddsource=s&own=1&api_key=0&DD-API-KEY=0"
            )
        );

        Assert.Equal(
            ["""{"hostname":"h","ddsource":"s","own":"1","message":"one"}"""],
            world.State.Arrivals.Items().Select(i => Encoding.UTF8.GetString(i.Raw.Span))
        );
    }

    [Fact]
    public async Task AFaultMeetsOnlyBodiesThatHoldItsText()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.State.Faults.Add(new Fault { Contains = "poison", Status = 500 });

        var met = await world.LogsAsync("US1", key, """[{"message":"good"},{"message":"poison"}]""");
        var passed = await world.LogsAsync("US1", key, """[{"message":"good"}]""");
        var packed = new MemoryStream();
        await using (
            var gzip = new System.IO.Compression.GZipStream(
                packed,
                System.IO.Compression.CompressionMode.Compress,
                leaveOpen: true
            )
        )
        {
            gzip.Write("""[{"message":"poison"}]"""u8);
        }

        var content = new ByteArrayContent(packed.ToArray()) { Headers = { ContentEncoding = { "gzip" } } };
        var unpacked = await world.SendAsync(World.Logs("US1", key, content));

        Assert.Equal((500, 202, 500), ((int)met.Status, (int)passed.Status, (int)unpacked.Status));
        Assert.Equal((1, 2), (world.State.Arrivals.Count, world.State.Faults.All.Single().Met));
    }
}
