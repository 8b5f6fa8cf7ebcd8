using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;
using Partner.Sandbox;
using Partner.ServiceDefaults;

namespace Partner.Auth.Tests;

/// <summary>What partners, browsers and Datadog may write, and what comes of it.</summary>
public sealed class ForeignTextTests(World world) : IClassFixture<World>
{
    private const string Nul = @"\u0000";

    public static TheoryData<string, string, string> BodiesWithNul =>
        new()
        {
            { "/partner/v1/tenants", $$"""{"external_id":"nul{{Nul}}","name":"x"}""", "external_id" },
            { "/partner/v1/tenants", $$"""{"external_id":"nul","name":"x{{Nul}}"}""", "name" },
            { "/partner/v1/connect-sessions", $$"""{"external_id":"nul","name":"{{Nul}}"}""", "name" },
            { "/partner/v1/connect-sessions", $$"""{"external_id":"nul","name":"x","entry":"{{Nul}}"}""", "entry" },
            { "/partner/v1/webhooks", $$"""{"url":"https://partner.example/{{Nul}}"}""", "url" },
            { "/partner/v1/webhooks", $$"""{"url":"https://partner.example/","types":["{{Nul}}"]}""", "types" },
            { "/partner/v1/credentials", $$"""{"name":"{{Nul}}","role":"read"}""", "name" },
            {
                "/partner/v1/tenants",
                $$"""{"external_id":"nul","name":"x","unknown":{"in":"{{Nul}}"} }""",
                "unknown.in"
            },
        };

    [Theory]
    [MemberData(nameof(BodiesWithNul))]
    public async Task NulInABodyIs400AndNamed(string path, string body, string field)
    {
        var (status, answer) = await PostAsync(path, body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains($"\"{field}\":[", answer);
    }

    [Theory]
    [InlineData("/partner/v1/tenants?external_id=%00")]
    [InlineData("/partner/v1/tenants?name=a%00b")]
    [InlineData("/partner/v1/tenants?after=%00")]
    [InlineData("/partner/v1/connections?site=%00")]
    [InlineData("/partner/v1/connections?state=%00")]
    [InlineData("/partner/v1/credentials?after=%00")]
    public async Task NulInAQueryIs400(string path) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await world.Auth.PartnerAsync(HttpMethod.Get, path)).Status);

    [Theory]
    [InlineData(@"Half \ud83d", "Half \ufffd")]
    [InlineData(@"\ude00 other half", "\ufffd other half")]
    [InlineData(@"\ud83d\ude00", "\ud83d\ude00")]
    public async Task HalfAPairInABodyIsTheReplacementCharacter(string name, string stored)
    {
        var id = Guid.CreateVersion7().ToString("N");
        var (status, _) = await PostAsync(
            "/partner/v1/tenants",
            $$"""{"external_id":"{{id}}","name":"{{name}}","\ud83d":"\udc00"}"""
        );
        var (_, found) = await world.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/tenants?external_id={id}");

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(stored, found!["tenants"]![0]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task ABodyThatIsTooLongIs413()
    {
        var (status, answer) = await PostAsync(
            "/partner/v1/tenants",
            $$"""{"external_id":"x","name":"{{new string('x', 300_000)}}"}"""
        );

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Contains("\"too-large\"", answer);
    }

    [Theory]
    [InlineData("é")]
    [InlineData("a b")]
    [InlineData("\u0080")]
    public async Task AnIdempotencyKeyThatIsNotAsciiIs400(string key)
    {
        using var client = new HttpClient(
            new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 }
        );
        using var request = Request("/partner/v1/tenants", """{"external_id":"x","name":"x"}""");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("\"invalid-idempotency-key\"", await response.Content.ReadAsStringAsync());
    }

    /// <summary>A pair of surrogates on the edge of what is kept: neither half of it is stored.</summary>
    [Theory]
    [InlineData(198, 200)]
    [InlineData(199, 199)]
    [InlineData(200, 200)]
    public async Task ANameOfAnOrgIsNeverCutWithinACharacter(int before, int kept)
    {
        var (tenant, org) = (
            await world.Auth.NewTenantAsync(),
            world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Long name")
        );
        var browser = world.NewBrowser();
        var callback = await Browser.ConsentAsync(await browser.LeaveAsync(tenant), org);
        var name = new string('n', before) + "\ud83d\ude00 and more";
        var changed = string.Join(
            '&',
            callback
                .Split('&')
                .Select(p =>
                    p.StartsWith("dd_org_name=", StringComparison.Ordinal)
                        ? $"dd_org_name={Uri.EscapeDataString(name)}"
                        : p
                )
        );

        Assert.Contains("dd_org_name=n", changed);
        Assert.Equal("/connect/done", (await browser.GetAsync(changed)).Location);
        Assert.Equal(
            name[..kept],
            await world.Database.ScalarAsync<string>(
                "SELECT org_name FROM auth.connections WHERE tenant = $1",
                tenant.Text
            )
        );
    }

    [Theory]
    [InlineData(
        "multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=\"session\"\r\n\r\nx\r\n--b--",
        400
    )]
    [InlineData("multipart/form-data", "x", 400)]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nbroken", 400)]
    [InlineData("application/x-www-form-urlencoded; charset=nonsense", "session=a&token=b", 400)]
    [InlineData("application/x-www-form-urlencoded", "%", 400)]
    [InlineData("application/x-www-form-urlencoded", "session=%00&token=%00&site=%00", 400)]
    [InlineData("application/x-www-form-urlencoded", "session=%ED%A0%BD&token=%FF", 400)]
    [InlineData("application/x-www-form-urlencoded", "=&&==&session", 400)]
    [InlineData("application/x-www-form-urlencoded", "session=a&session=b&token=c", 400)]
    [InlineData("application/x-www-form-urlencoded", "", 400)]
    [InlineData("application/json", "{}", 400)]
    [InlineData("nonsense", "x", 400)]
    [InlineData(null, "x", 400)]
    public async Task AMalformedFormIsAPageAndNoError(string? type, string body, int status) =>
        await AssertPageAsync(type, new ByteArrayContent(Encoding.Latin1.GetBytes(body)), status);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AFormThatIsTooLongIsRefusedUnread(bool chunked)
    {
        foreach (var body in new[] { new string('a', 5_000), string.Concat(Enumerable.Repeat("a=b&", 300_000)) })
        {
            var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
            content.Headers.ContentLength = chunked ? null : body.Length;
            await AssertPageAsync("application/x-www-form-urlencoded", content, 413, chunked);
        }
    }

    private async Task AssertPageAsync(string? type, HttpContent body, int status, bool chunked = false)
    {
        var errors = world.Logs.Count(LogLevel.Error);
        using var request = Request("/connect", "");
        request.Content = body;
        request.Headers.TransferEncodingChunked = chunked;
        body.Headers.ContentType = null;
        if (type is not null)
        {
            body.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var response = await AuthInstance.Http.SendAsync(request);

        Assert.Equal(
            (status, "text/html"),
            ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType)
        );
        Assert.Contains("<h1>Not connected</h1>", await response.Content.ReadAsStringAsync());
        Assert.Equal(errors, world.Logs.Count(LogLevel.Error));
    }

    private HttpRequestMessage Request(string path, string body) =>
        new(HttpMethod.Post, new Uri(world.Auth.Url, path))
        {
            Content = new StringContent(body, null, "application/json"),
            Headers =
            {
                Authorization = new AuthenticationHeaderValue(
                    "Bearer",
                    world.Gateway.TokenFor("auth", new ServiceClaims(Actor: "test", Role: "manage"))
                ),
            },
        };

    private async Task<(HttpStatusCode Status, string Answer)> PostAsync(string path, string body)
    {
        using var request = Request(path, body);
        using var response = await AuthInstance.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
