using System.Text;
using System.Text.Json;

namespace Partner.ServiceDefaults.Tests;

public sealed class ReadableRequestTests(ServiceHost host) : IClassFixture<ServiceHost>
{
    [Theory]
    [InlineData(@"{""name"":""\ud83d""}", "\ufffd")]
    [InlineData(@"{""name"":""a"",""\ud83d"":""\ude00""}", "a")]
    [InlineData(@"{""name"":""\ud83d\ude00""}", "\ud83d\ude00")]
    public async Task HalfAPairIsRead(string json, string name)
    {
        var answer = await host.SendAsync("/named", body: new StringContent(json, Encoding.UTF8, "application/json"));

        Assert.Equal((200, name), (answer.Status, answer.Body));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("\"utf-8\"")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("iso-8859-1")]
    public async Task NulIsRefusedAndNamedInAnyEncoding(string charset)
    {
        var body = new ByteArrayContent(Encoding.GetEncoding(charset.Trim('"')).GetBytes(@"{""name"":""a\u0000""}"));
        body.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}");

        var answer = await host.SendAsync("/named", body: body);

        Assert.Equal((400, "bad-request"), (answer.Status, TypeOf(answer.Body)));
        Assert.Equal(
            "Text cannot hold U+0000.",
            JsonDocument.Parse(answer.Body).RootElement.GetProperty("errors").GetProperty("name")[0].GetString()
        );
    }

    [Theory]
    [InlineData("utf-16", 200)]
    [InlineData("nonsense", 415)]
    [InlineData("utf-7", 415)]
    public async Task AnotherEncodingIsReadOrRefused(string charset, int status)
    {
        var body = new ByteArrayContent(Encoding.Unicode.GetBytes("""{"name":"Zürich"}"""));
        body.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}");

        var answer = await host.SendAsync("/named", body: body);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200, answer.Body == "Zürich");
    }

    [Theory]
    [InlineData("/partner/x?a=b%00", "a")]
    [InlineData("/partner/x?a%00=b", "query")]
    [InlineData("/connect?c=%00", "c")]
    [InlineData("/internal/v1/x?d=%00", "d")]
    public async Task NulInAPathOrQueryIsRefused(string target, string field)
    {
        var answer = await host.SendAsync(target);

        Assert.Equal((400, "bad-request"), (answer.Status, TypeOf(answer.Body)));
        Assert.True(
            JsonDocument.Parse(answer.Body).RootElement.GetProperty("errors").TryGetProperty(field, out _),
            answer.Body
        );
    }

    [Theory]
    [InlineData("Zürich")]
    [InlineData("\u00ff\u00fe")]
    public async Task AHeaderOfAnyBytesIsNoReasonToRefuse(string latin1)
    {
        using var client = new HttpClient(
            new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 }
        );
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Http.BaseAddress!, "/open"));
        request.Headers.TryAddWithoutValidation("X-Team", latin1);
        request.Headers.TryAddWithoutValidation("Cookie", $"a={latin1}");
        using var response = await client.SendAsync(request);

        Assert.Equal((200, "open"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("22021")]
    [InlineData("22P05")]
    [InlineData("22001")]
    public async Task AValueThatTheDatabaseDoesNotTakeIsTheCallers(string state)
    {
        var answer = await host.SendAsync($"/fails/{state}");

        Assert.Equal((400, "bad-request"), (answer.Status, TypeOf(answer.Body)));
        Assert.DoesNotContain("hunter2", answer.Body);
        Assert.Contains(state, host.Reactions);
    }

    private static string? TypeOf(string problem) =>
        JsonDocument.Parse(problem).RootElement.GetProperty("type").GetString();
}
