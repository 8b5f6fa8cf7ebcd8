using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>Text that is odd and allowed passes, in both directions, in headers and bodies.</summary>
public sealed class ForeignTextTests(FakeWorld world) : IClassFixture<FakeWorld>
{
    private const string Half = @"\ud83d";

    [Theory]
    [InlineData("Z\u00fcrich")]
    [InlineData("Z\u00c3\u00bcrich")]
    [InlineData("\u0080\u00ff")]
    public async Task AHeadersBytesPassBothWays(string value)
    {
        string? seen = null;
        world.Datadog.Answer = context =>
        {
            seen = $"{context.Request.Headers.AcceptLanguage}|{context.Request.Headers.IfNoneMatch}";
            context.Response.Headers.ContentDisposition = $"attachment; filename={value}";
            return context.Response.WriteAsync("[]");
        };
        var connection = world.Connect("monitors_read");
        using var client = new HttpClient(
            new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 }
        );
        using var request = world.Router.Request(connection, HttpMethod.Get, "/api/v1/monitor");
        request.RequestUri = new Uri(world.Router.Url, request.RequestUri!);
        Assert.True(request.Headers.TryAddWithoutValidation("Accept-Language", value));
        Assert.True(request.Headers.TryAddWithoutValidation("If-None-Match", value));
        Assert.True(request.Headers.TryAddWithoutValidation("X-Not-For-Datadog", value));
        using var response = await client.SendAsync(request);

        Assert.Equal((200, $"{value}|{value}"), ((int)response.StatusCode, seen));
        Assert.Equal(
            $"attachment; filename={value}",
            response.Content.Headers.NonValidated["Content-Disposition"].ToString()
        );
    }

    public static TheoryData<string> Items =>
        [
            $$"""{"name":"{{Half}}","id":1}""",
            $$"""{"{{Half}}":1,"id":2}""",
            """{"name":"\udc00\ud83d","a":["\udfff"]}""",
            """{"name":"\ud83d\ude00 whole","tab":"\t\\\" x"}""",
            $$"""{"deep":{"{{Half}}":{"{{Half}}":"{{Half}}"} } }""",
        ];

    [Theory]
    [MemberData(nameof(Items))]
    public async Task EveryPageIsWalkedAndItsItemsPassAsTheyCame(string item)
    {
        var pages = 0;
        world.Datadog.Answer = context => context.Response.WriteAsync(++pages == 1 ? $"[{item},\n  {item}\n]" : "[]");

        var reply = await world.Router.SendAsync(
            world.Connect("monitors_read"),
            HttpMethod.Get,
            "/api/v1/monitor?all=true"
        );

        Assert.Equal((200, $"{item}\n{item}\n", 2), (reply.Status, reply.Body, pages));
    }

    [Fact]
    public async Task AnItemWrittenForPeopleLosesItsLineBreaksAndNothingElse()
    {
        var pages = 0;
        const string Item = "{\n  \"a b\" : \"c \\\" d\\\\\",\r\n\t\"\\ud83d\": [ 1, \"\\udc00\" ]\n}";
        world.Datadog.Answer = context => context.Response.WriteAsync(++pages == 1 ? $"[\n{Item}\n]" : "[]");

        var reply = await world.Router.SendAsync(
            world.Connect("monitors_read"),
            HttpMethod.Get,
            "/api/v1/monitor?all=true"
        );

        Assert.Equal((200, @"{""a b"":""c \"" d\\"",""\ud83d"":[1,""\udc00""]}" + "\n"), (reply.Status, reply.Body));
    }

    [Fact]
    public async Task NamesOnTheWayToTheItemsAndACursorMayBeOdd()
    {
        var asked = new List<string>();
        world.Datadog.Answer = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            asked.Add(await reader.ReadToEndAsync());
            await context.Response.WriteAsync(
                asked.Count == 1
                    ? @"{""\ud83d"":1,""d\u0061ta"":[{""x"":""\ud83d""}],""meta"":{""\udc00"":2,""page"":{""after"":""c\ud83d""}}}"
                    : """{"data":[]}"""
            );
        };

        var reply = await world.Router.SendAsync(
            world.Connect("logs_read_data"),
            HttpMethod.Post,
            "/api/v2/logs/events/search?all=true",
            $$$"""{"filter":{"query":"{{{Half}}}"},"{{{Half}}}":1}"""
        );

        Assert.Equal((200, @"{""x"":""\ud83d""}" + "\n"), (reply.Status, reply.Body));
        Assert.Equal(2, asked.Count);
        var second = JsonSerializer.Deserialize<JsonElement>(asked[1]);
        Assert.Equal("c\ufffd", second.GetProperty("page").GetProperty("cursor").GetString());
        Assert.Equal("\ufffd", second.GetProperty("filter").GetProperty("query").GetString());
    }

    [Fact]
    public async Task ABodyThatPassesIsNotTouched()
    {
        string? seen = null;
        world.Datadog.Answer = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen = await reader.ReadToEndAsync();
            await context.Response.WriteAsync(seen);
        };
        var body = $$"""{ "name":"{{Half}}","{{Half}}":"\u0000" }""";

        var reply = await world.Router.SendAsync(
            world.Connect("monitors_write"),
            HttpMethod.Post,
            "/api/v1/monitor",
            body
        );

        Assert.Equal((200, body, body), (reply.Status, reply.Body, seen));
    }
}
