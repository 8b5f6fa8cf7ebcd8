using System.Globalization;
using System.Text;
using System.Text.Json;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Tests;

public sealed class EventsTests
{
    private const string V1 = "/api/v1/events";

    private const string Alert =
        """{"data":{"type":"event","attributes":{"title":"t","category":"alert","attributes":{"status":"ok"}}}}""";

    [Fact]
    public async Task AnEventIsKeptAndShownWithTheIdThatLosesPrecision()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US3");
        var sent = """{"title":"T","text":"%%% \nü","priority":"low","tags":["a:b"],"related_event_id":7}""";

        var reply = await world.PostAsync("US3", key, V1, sent);

        Assert.Equal((202, "application/json"), ((int)reply.Status, reply.ContentType));
        var made = reply.Json.GetProperty("event");
        var id = made.GetProperty("id_str").GetString()!;
        var rounded = made.GetProperty("id").GetRawText();
        Assert.Matches("^[0-9]+$", rounded);
        Assert.Equal(Double(id), Double(rounded));
        Assert.Equal(
            $$"""
            {"status":"ok","event":{"id":{{rounded}},"id_str":"{{id}}","title":"T","text":"%%% \nü",
            "date_happened":{{world.Clock.GetUtcNow().ToUnixTimeSeconds()}},"handle":null,"priority":"low",
            "related_event_id":7,"tags":["a:b"],"url":"https://us3.datadoghq.com/event/event?id={{id}}"} }
            """.ReplaceLineEndings("").Replace("} }", "}}", StringComparison.Ordinal),
            reply.Body
        );
        Assert.Equal([sent], Items(world));
        Assert.Equal(
            [
                new Arrival(
                    "US3",
                    "api.us3.datadoghq.com",
                    V1,
                    world.OrgAt("US3").Id,
                    "Demo US3",
                    "events",
                    1,
                    1,
                    0,
                    0,
                    0
                ),
            ],
            world.State.Arrivals.All
        );
    }

    [Theory]
    [InlineData(-64_800, 202, null)]
    [InlineData(-64_801, 400, "Event too far in the past")]
    [InlineData(7_200, 202, null)]
    [InlineData(7_201, 400, "Event too far in the future")]
    public async Task AnEventOutOfItsWindowIsRefusedAsText(int seconds, int status, string? error)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var at = world.Clock.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();

        var reply = await world.PostAsync("US1", key, V1, $$"""{"title":"t","text":"","date_happened":{{at}}}""");

        Assert.Equal(status, (int)reply.Status);
        if (error is not null)
        {
            Assert.Equal(
                ($$"""{"errors":["{{error}}"]}""", "text/plain; charset=utf-8"),
                (reply.Body, reply.ContentType)
            );
        }
    }

    [Theory]
    [InlineData("nonsense", "invalid JSON")]
    [InlineData("[]", "an event is an object")]
    [InlineData("""{"text":"t"}""", "title is missing")]
    [InlineData("""{"title":"t","text":"t","alert_type":"loud"}""", "alert_type is unknown")]
    [InlineData("""{"title":"t","text":"t","priority":"high"}""", "priority is unknown")]
    [InlineData("""{"title":"t","text":"t","date_happened":"1"}""", "date_happened is not an integer")]
    public async Task AMalformedEventIsRefused(string body, string why)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await world.PostAsync("US1", key, V1, body);

        Assert.Equal((400, $$"""{"errors":["Payload is not in the expected format: {{why}}"]}"""), reply.Said);
        Assert.Empty(world.State.Arrivals.All);
    }

    [Fact]
    public async Task TextOfMoreThanFourThousandCharactersIsCut()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        Assert.Equal(202, (int)(await world.PostAsync("US1", key, V1, Event(4_000))).Status);
        var cut = await world.PostAsync("US1", key, V1, Event(4_001));
        Assert.Equal(
            (202, "datadog-facts 3.4: text is at most 4000 characters, a longer one is cut"),
            ((int)cut.Status, cut.Fact)
        );
        Assert.Equal(
            4_000,
            JsonDocument.Parse(cut.Body).RootElement.GetProperty("event").GetProperty("text").GetString()!.Length
        );
        Assert.Single(world.State.Arrivals.Items(fate: Intake.Fate.Truncated));
        world.Set("""{"strict":true}""");
        Assert.Equal(
            (400, """{"errors":["strict: text is above 4000 characters"]}"""),
            (await world.PostAsync("US1", key, V1, Event(4_001))).Said
        );
        world.OrgAt("US1").Keys.Single().Live = false;
        Assert.Equal((403, """{"errors":["Forbidden"]}"""), (await world.PostAsync("US1", key, V1, Event(1))).Said);

        static string Event(int length) =>
            JsonSerializer.Serialize(new { title = "t", text = new string('ü', length) });
    }

    [Fact]
    public async Task TheSecondGenerationIsClosedWithoutAnApplicationKey()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var closed = await SendV2Async(world, key, Alert);
        world.Set("""{"eventsV2NeedsApplicationKey":false}""");
        var open = await SendV2Async(world, key, Alert);
        var badKey = await SendV2Async(world, "0123", Alert);

        Assert.Equal((403, 202, 403), ((int)closed.Status, (int)open.Status, (int)badKey.Status));
        Assert.Equal([Alert], Items(world));
    }

    [Theory]
    [InlineData("\"title\":\"t\"", "\"title\":\"\"", "title: length must be 1 to 500")]
    [InlineData("\"alert\"", "\"other\"", "category: value must be one of: [\\\"alert\\\", \\\"change\\\"]")]
    [InlineData(
        "\"ok\"",
        "\"bad\"",
        "attributes.status: value must be one of: [\\\"ok\\\", \\\"warn\\\", \\\"error\\\"]"
    )]
    [InlineData("\"alert\"", "\"change\"", "attributes.changed_resource: value is required")]
    [InlineData(
        "\"category\"",
        "\"timestamp\":\"2026-10-31T17:59:59Z\",\"category\"",
        "timestamp: value must be at most 18 hours ago"
    )]
    public async Task TheSecondGenerationNamesThePathOfAFault(string part, string instead, string fault)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.Set("""{"eventsV2NeedsApplicationKey":false}""");

        var reply = await SendV2Async(world, key, Alert.Replace(part, instead, StringComparison.Ordinal));

        Assert.Equal(
            (
                400,
                $$"""
                {"errors":[{"status":"400","title":"Bad Request",
                "detail":"JSON validation failed at $.data.attributes.{{fault}}."}]}
                """.ReplaceLineEndings("")
            ),
            reply.Said
        );
    }

    private static Task<Reply> SendV2Async(World world, string key, string body) =>
        world.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "https://event-management-intake.datadoghq.com/api/v2/events")
            {
                Headers = { { "DD-API-KEY", key } },
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            }
        );

    private static double Double(string number) => double.Parse(number, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Items(World world) =>
        world.State.Arrivals.Items().Select(item => Encoding.UTF8.GetString(item.Raw.Span));
}
