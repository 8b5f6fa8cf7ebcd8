using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Egress;
using Partner.Sending.Accept;
using Partner.Sending.Outbox;
using Partner.ServiceDefaults;

namespace Partner.Sending.Tests;

/// <summary>What nobody expected of a request, and what it leaves behind.</summary>
public sealed class UnreadableTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    private string Letters => $"/partner/v1/senders/logs/connections/{_connection.Text}/dead-letters";

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-62_135_596_800_001)]
    [InlineData(-1)]
    public async Task DeadLettersAreShownWhateverTheirTimeIs(long at)
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        using var response = await host.PostAsync(_connection, $"@{at} x");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await database.Database.ExecuteAsync(
            "INSERT INTO dead_letters (connection, reason, detail, variant, item_at, item) VALUES ($1, 'future', '', '', 9223372036854775807, '')",
            _connection.Text
        );
        using var page = JsonDocument.Parse(await host.GetAsync(Letters));
        var letters = page.RootElement.GetProperty("dead_letters");
        Assert.Equal(2, letters.GetArrayLength());
        Assert.Equal(at == -1, letters[0].TryGetProperty("item_at", out _));
        Assert.False(letters[1].TryGetProperty("item_at", out _));
        using var one = JsonDocument.Parse(await host.GetAsync($"{Letters}/{letters[0].GetProperty("id").GetInt64()}"));
        Assert.Equal($"@{at} x", one.RootElement.GetProperty("item").GetString());
    }

    [Fact]
    public async Task DeadLettersAreForCredentialsWithARole()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        foreach (var path in new[] { "", "/reasons", "/1", "/replays", "/replays/1" })
        {
            using var nobody = await host.SendAsync(HttpMethod.Get, Letters + path, ServiceClaims.None);
            using var reader = await host.SendAsync(
                HttpMethod.Get,
                Letters + path,
                new ServiceClaims(Role: PartnerRoles.Read)
            );
            Assert.Equal(HttpStatusCode.Forbidden, nobody.StatusCode);
            Assert.NotEqual(HttpStatusCode.Forbidden, reader.StatusCode);
        }
    }

    [Theory]
    [InlineData("br", 415)]
    [InlineData("", 413)]
    [InlineData("gzip", 400)]
    public async Task ARefusedBodyIsReadToItsEndBeforeItIsRefused(string encoding, int status)
    {
        var context = new DefaultHttpContext();
        var body = new MemoryStream(new byte[100_000]);
        context.Request.Body = body;
        context.Request.Headers.ContentEncoding = encoding;
        var reader = new BodyReader(new MemoryBudget(1_000_000), TimeProvider.System, TimeSpan.FromMinutes(1));
        var (_, refusal) = await reader.ReadAsync(context.Request, 30_000, CancellationToken.None);
        Assert.Equal((status, body.Length), (refusal?.Status, body.Position));
    }

    [Fact]
    public async Task ABodyThatItsParserFailsOverIsAnswered500AndNotKeptForItsKey()
    {
        var sender = new FailingSender();
        await using var host = await SendingHost.StartAsync(database.ConnectionString, sender: sender);
        for (var i = 0; i < 2; i++)
        {
            using var response = await host.PostAsync(_connection, "secret", key: "one");
            Assert.Equal(
                (
                    HttpStatusCode.InternalServerError,
                    false,
                    """{"errors":["This body cannot be read here; that is a defect, and is reported."]}"""
                ),
                (
                    response.StatusCode,
                    response.Headers.Contains("Retry-After"),
                    await response.Content.ReadAsStringAsync()
                )
            );
        }

        Assert.Equal(2, sender.Parsed);
    }

    [Fact]
    [Trait("fault", "F22")]
    public async Task WhatIsKeptOfKeysCountsInTheirConnectionsQuotaAfterARestartToo()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Outbox:MaxConnectionBacklogBytes"] = "5000",
            ["Outbox:BacklogLook"] = "00:10:00",
        };
        await using (var host = await SendingHost.StartAsync(database.ConnectionString, settings: settings))
        {
            var taken = 0;
            while (await StatusAsync(host, $"{taken}") == 202 && taken < 100)
            {
                taken++;
            }

            Assert.InRange(taken, 9, 10);
            await host.Datadog.WaitForAsync(taken);
            // What was answered is answered again, and needs no room.
            Assert.Equal(202, await StatusAsync(host, "0"));
        }

        await using var second = await SendingHost.StartAsync(database.ConnectionString, settings: settings);
        Assert.Equal(429, await StatusAsync(second, "another"));
        await database.Database.ExecuteAsync("DELETE FROM idempotency_keys WHERE connection = $1", _connection.Text);
        await using var third = await SendingHost.StartAsync(database.ConnectionString, settings: settings);
        Assert.Equal(202, await StatusAsync(third, "another"));
    }

    [Fact]
    public void WordsOfALetterAreTextToTheDatabase() =>
        Assert.Equal("a\ufffdb\ufffdc\U0001F600", DeadLetterSql.Storable("a\0b\ud83dc\U0001F600"));

    private async Task<int> StatusAsync(SendingHost host, string key)
    {
        using var response = await host.PostAsync(_connection, "x", key: key);
        return (int)response.StatusCode;
    }

    private sealed class FailingSender : Sender
    {
        private readonly TestSender _sender = new();

        public int Parsed { get; private set; }

        public override string Name => _sender.Name;

        public override Product Product => _sender.Product;

        public override IReadOnlyList<IntakePath> Paths => _sender.Paths;

        public override SenderLimits Limits => _sender.Limits;

        public override ParsedBody Parse(IntakeBody body)
        {
            Parsed++;
            throw new InvalidOperationException("secret");
        }

        public override BatchTarget TargetOf(string variant) => _sender.TargetOf(variant);
    }
}
