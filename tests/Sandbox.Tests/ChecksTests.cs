using System.Text;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Tests;

public sealed class ChecksTests
{
    private const string Path = "/api/v1/check_run";
    private const string CheckLate = "datadog-facts 3.5: a check may be 10 minutes old, an older one vanishes";
    private const string Good = """{"check":"app.ok","host_name":"h1","status":0,"tags":["env:prod"]}""";

    [Fact]
    public async Task OneOrManyAreKeptByteForByte()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US5");

        var many = await world.PostAsync("US5", key, Path, $"[{Good}, {Good}]");
        var one = await world.PostAsync("US5", key, Path, Good);

        Assert.Equal((202, """{"status": "ok"}""", "text/json"), ((int)many.Status, many.Body, many.ContentType));
        Assert.Equal(many.Said, one.Said);
        Assert.Equal([Good, Good, Good], Items(world));
        Assert.Equal(
            [
                new Arrival(
                    "US5",
                    "api.us5.datadoghq.com",
                    Path,
                    world.OrgAt("US5").Id,
                    "Demo US5",
                    "service_checks",
                    2,
                    3,
                    0,
                    0,
                    0
                ),
            ],
            world.State.Arrivals.All
        );
    }

    [Fact]
    public async Task ACheckOlderThanTenMinutesVanishesAndStrictModeSaysSo()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var oldest = world.Clock.GetUtcNow().AddMinutes(-10).ToUnixTimeSeconds();
        var body = $"[{At(oldest)},{At(oldest - 1)}]";

        var reply = await world.PostAsync("US1", key, Path, body);
        var (kept, dropped) = (Items(world), Items(world, Fate.Dropped));
        world.Set("""{"strict":true}""");
        var strict = await world.PostAsync("US1", key, Path, body);

        Assert.Equal((202, CheckLate), ((int)reply.Status, reply.Fact));
        Assert.Equal([At(oldest)], kept);
        Assert.Equal([At(oldest - 1)], dropped);
        Assert.Equal((400, """{"errors":["strict: check [1] is older than 10 minutes"]}"""), strict.Said);
    }

    [Theory]
    [InlineData("nonsense", "invalid JSON")]
    [InlineData("""[{"host_name":"h","status":0,"tags":[]}]""", "[0].check is missing")]
    [InlineData("""{"check":"c","status":0,"tags":[]}""", "[0].host_name is missing")]
    [InlineData("""{"check":"c","host_name":"h","status":4,"tags":[]}""", "[0].status is not 0, 1, 2 or 3")]
    [InlineData("""{"check":"c","host_name":"h","status":0,"tags":[1]}""", "[0].tags is not a list of texts")]
    [InlineData(
        """{"check":"c","host_name":"h","status":0,"tags":[],"timestamp":"1"}""",
        "[0].timestamp is not a number"
    )]
    public async Task AMalformedBodyIsRefusedWhole(string body, string why)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.PostAsync("US1", key, Path, body);

        Assert.Equal(
            (400, $$"""{"errors":["Payload is not in the expected format: {{why}}"]}""", "text/json"),
            ((int)reply.Status, reply.Body, reply.ContentType)
        );
    }

    [Fact]
    public async Task ADeadKeyIsForbiddenAndALargeBodyRefused()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var large = await world.PostAsync("US1", key, Path, "[]".PadRight(2_621_441));
        world.OrgAt("US1").Keys.Single().Live = false;
        var dead = await world.PostAsync("US1", key, Path, Good);

        Assert.Equal(413, (int)large.Status);
        Assert.Equal((403, """{"errors":["Forbidden"]}"""), dead.Said);
    }

    private static string At(long timestamp) =>
        $$"""{"check":"c","host_name":"h","status":1,"tags":[],"timestamp":{{timestamp}}}""";

    private static List<string> Items(World world, Fate? fate = null) =>
        [.. world.State.Arrivals.Items(fate: fate).Select(item => Encoding.UTF8.GetString(item.Raw.Span))];
}
