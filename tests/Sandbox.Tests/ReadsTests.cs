using System.Text;
using System.Text.Json;

namespace Partner.Sandbox.Tests;

public sealed class ReadsTests
{
    private const string ReaderId = "7b1f7c9e-0000-4000-8000-000000000002";
    private const string Api = "https://api.us5.datadoghq.com";

    private const string SenderId = "7b1f7c9e-0000-4000-8000-000000000003";

    private static readonly ClientOptions Sender = new()
    {
        ClientId = SenderId,
        Secret = World.Secret,
        RedirectUri = World.RedirectUri,
        Scopes = ["api_keys_write"],
    };

    private static readonly ClientOptions Reader = new()
    {
        ClientId = ReaderId,
        Secret = World.Secret,
        RedirectUri = World.RedirectUri,
        Scopes = ["monitors_read", "dashboards_read", "metrics_read", "logs_read_data", "timeseries_query"],
    };

    [Fact]
    public async Task MonitorsComeByPageNumberOrAllAtOnce()
    {
        await using var world = await World.StartAsync(Reader);
        var token = await TokenAsync(world);

        var all = await GetAsync(world, "/api/v1/monitor", token);
        var third = await GetAsync(world, "/api/v1/monitor?page=2&page_size=10", token);
        var past = await GetAsync(world, "/api/v1/monitor?page=3&page_size=10", token);

        Assert.Equal(Enumerable.Range(1, 25), Numbers(all.Json, "id"));
        Assert.Equal([21, 22, 23, 24, 25], Numbers(third.Json, "id"));
        Assert.Equal((200, "[]"), past.Said);
        Assert.Equal("Demo US5 monitor 21", third.Json[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task DashboardsComeByOffset()
    {
        await using var world = await World.StartAsync(Reader);
        var token = await TokenAsync(world);

        var page = await GetAsync(world, "/api/v1/dashboard?start=24&count=10", token);

        var dashboard = page.Json.GetProperty("dashboards").EnumerateArray().Single();
        Assert.Equal(
            ("Demo US5 dashboard 25", "ordered"),
            (dashboard.GetProperty("title").GetString(), dashboard.GetProperty("layout_type").GetString())
        );
    }

    [Fact]
    public async Task MetricsComeByCursorInTheQuery()
    {
        await using var world = await World.StartAsync(Reader);
        var token = await TokenAsync(world);

        var names = new List<string?>();
        var (cursor, pages) = ("", 0);
        do
        {
            var page = await GetAsync(world, $"/api/v2/metrics?page[size]=10&page[cursor]={cursor}", token);
            names.AddRange(page.Json.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()));
            cursor = page.Json.GetProperty("meta").GetProperty("pagination").GetProperty("next_cursor").GetString();
            pages++;
        } while (cursor is not null);

        Assert.Equal((3, 25, 25), (pages, names.Count, names.Distinct().Count()));
    }

    [Fact]
    public async Task LogsComeByCursorInTheBody()
    {
        await using var world = await World.StartAsync(Reader);
        var token = await TokenAsync(world);

        var first = await SearchAsync(world, token, """{"filter":{"query":"*"}}""");
        var after = first.Json.GetProperty("meta").GetProperty("page").GetProperty("after").GetString();
        var rest = await SearchAsync(world, token, $$"""{"page":{"limit":1000,"cursor":"{{after}}"} }""");

        Assert.Equal((10, 15), (Count(first), Count(rest)));
        Assert.Equal(JsonValueKind.Null, rest.Json.GetProperty("meta").GetProperty("page").ValueKind);

        static int Count(Reply reply) => reply.Json.GetProperty("data").GetArrayLength();
    }

    [Fact]
    public async Task PointsComeForATimeAndAQuery()
    {
        await using var world = await World.StartAsync(Reader);
        var token = await TokenAsync(world);

        var found = await GetAsync(world, "/api/v1/query?from=1000&to=1050&query=avg:demo.requests{*}", token);
        var without = await GetAsync(world, "/api/v1/query?from=1000&to=1050", token);

        Assert.Equal(
            "[[1000000,0],[1010000,1],[1020000,2],[1030000,3],[1040000,4]]",
            found.Json.GetProperty("series")[0].GetProperty("pointlist").GetRawText()
        );
        Assert.Equal(400, (int)without.Status);
    }

    [Theory]
    [InlineData("/api/v1/monitor?page=-1")]
    [InlineData("/api/v1/monitor?page=0&page_size=1001")]
    [InlineData("/api/v1/dashboard?start=x")]
    [InlineData("/api/v2/metrics?page[size]=10001")]
    [InlineData("/api/v2/metrics?page[cursor]=MTA")]
    public async Task APageOutOfRangeIsRefused(string path)
    {
        await using var world = await World.StartAsync(Reader);

        var reply = await GetAsync(world, path, await TokenAsync(world));

        Assert.Equal((400, """{"errors":["Invalid page parameter"]}"""), reply.Said);
    }

    [Theory]
    [InlineData("{\"page\":{\"limit\":1001}}")]
    [InlineData("{\"page\":{\"cursor\":\"MTA\"}}")]
    [InlineData("nonsense")]
    public async Task ASearchOutOfRangeIsRefused(string body)
    {
        await using var world = await World.StartAsync(Reader);

        Assert.Equal(400, (int)(await SearchAsync(world, await TokenAsync(world), body)).Status);
    }

    [Theory]
    [InlineData("/api/v1/monitor")]
    [InlineData("/api/v1/dashboard")]
    [InlineData("/api/v2/metrics")]
    [InlineData("/api/v1/query?from=1&to=2&query=x")]
    [InlineData("/api/v2/logs/events/search")]
    public async Task AReadNeedsALiveTokenOfThisSiteWithItsScope(string path)
    {
        await using var world = await World.StartAsync(Reader, Sender);
        var method = path.EndsWith("search", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get;
        var elsewhere = (await new OAuthFlow(world) { ClientId = ReaderId }.ConnectAsync(world.OrgAt("US1"))).Access;
        var scopeless = (await new OAuthFlow(world) { ClientId = SenderId }.ConnectAsync(world.OrgAt("US5"))).Access;
        var key = new HttpRequestMessage(method, Api + path);
        key.Headers.Add("DD-API-KEY", await world.KeyAsync("US5"));

        const string Unauthorized = """{"errors":["Unauthorized"]}""";
        const string Forbidden = """{"errors":["Forbidden"]}""";
        Assert.Equal((401, Unauthorized), (await world.SendAsync(new HttpRequestMessage(method, Api + path))).Said);
        Assert.Equal((401, Unauthorized), (await world.SendAsync(World.Bearer(method, Api + path, elsewhere))).Said);
        Assert.Equal((403, Forbidden), (await world.SendAsync(World.Bearer(method, Api + path, scopeless))).Said);
        Assert.Equal((403, Forbidden), (await world.SendAsync(key)).Said);
    }

    private static async Task<string> TokenAsync(World world) =>
        (await new OAuthFlow(world) { ClientId = ReaderId }.ConnectAsync(world.OrgAt("US5"))).Access;

    private static Task<Reply> GetAsync(World world, string path, string token) =>
        world.SendAsync(World.Bearer(HttpMethod.Get, Api + path, token));

    private static Task<Reply> SearchAsync(World world, string token, string body)
    {
        var request = World.Bearer(HttpMethod.Post, $"{Api}/api/v2/logs/events/search", token);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return world.SendAsync(request);
    }

    private static IEnumerable<int> Numbers(JsonElement rows, string name) =>
        rows.EnumerateArray().Select(row => row.GetProperty(name).GetInt32());
}
