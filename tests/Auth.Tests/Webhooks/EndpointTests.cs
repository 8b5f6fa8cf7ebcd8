using System.Buffers.Binary;
using System.Net;
using Partner.Auth.Webhooks;
using Partner.Testing;

namespace Partner.Auth.Tests.Webhooks;

/// <summary>Where messages may go, and the secrets that sign them.</summary>
[Collection(WebhookWorld.Name)]
public sealed class EndpointTests(World world) : WebhookTests(world)
{
    [Theory]
    [Trait("security", "25")]
    [InlineData("not a url")]
    [InlineData("/relative")]
    [InlineData("ftp://partner.example/x")]
    [InlineData("http://partner.example/x")]
    [InlineData("https://10.0.0.8/x")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://[::ffff:192.168.1.1]/x")]
    [InlineData("https://user:password@partner.example/x")]
    public async Task AUrlThatLeadsInsideIsRefused(string url)
    {
        var (status, body) = await World.Auth.PartnerAsync(HttpMethod.Post, "/partner/v1/webhooks", new { url });
        Assert.Equal((HttpStatusCode.BadRequest, "webhook-url"), (status, body!["type"]!.GetValue<string>()));
    }

    [Fact]
    [Trait("security", "25")]
    public async Task AnAddressThatWasChangedInTheDatabaseIsRefusedAtTheSocket()
    {
        var (webhook, _) = await AddAsync();
        await World.Database.ExecuteAsync("UPDATE webhooks SET url = 'https://10.0.0.8/x' WHERE id = $1", webhook);
        var (_, result) = await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/test");
        Assert.Equal("address-not-allowed", result!["error"]!.GetValue<string>());
    }

    [Fact]
    [Trait("security", "25")]
    public async Task ARedirectIsNotFollowedAndNotASuccess()
    {
        await using var inside = await WebhookReceiver.StartAsync();
        var (webhook, _) = await AddAsync();
        await ConnectAsync();
        Receiver.Answer = (_, context) =>
        {
            context.Response.Headers.Location = inside.Url;
            return Task.FromResult(307);
        };
        await DispatchAsync();
        Assert.Empty(inside.Messages);
        var delivery = (await GetAsync($"{webhook}/deliveries"))["deliveries"]!.AsArray().Single()!;
        Assert.Equal(
            ("pending", 307),
            (delivery["state"]!.GetValue<string>(), delivery["last_status"]!.GetValue<int>())
        );
    }

    [Fact]
    public async Task ATestMessageSaysHowItWent()
    {
        var (webhook, secret) = await AddAsync();
        var (_, good) = await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/test");
        var message = Assert.Single(Receiver.Messages);
        Assert.Equal(
            (true, 204, "webhook.test", true),
            (
                good!["delivered"]!.GetValue<bool>(),
                good["status"]!.GetValue<int>(),
                message.Type,
                message.IsSignedBy(secret)
            )
        );
        Receiver.Answer = (_, _) => Task.FromResult(500);
        var (_, bad) = await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/test");
        Assert.Equal((false, 500), (bad!["delivered"]!.GetValue<bool>(), bad["status"]!.GetValue<int>()));
    }

    [Fact]
    public async Task WhileASecretIsReplacedBothSign()
    {
        var (webhook, old) = await AddAsync();
        var (_, rotated) = await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/secret");
        var secret = rotated!["secret"]!.GetValue<string>();
        await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/test");
        await World.PassAsync(TimeSpan.FromHours(25));
        await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/test");
        Assert.Equal(
            [(true, true, 2), (true, false, 1)],
            Receiver.Messages.Select(m => (m.IsSignedBy(secret), m.IsSignedBy(old), m.Signatures.Count))
        );
    }

    [Fact]
    [Trait("security", "32")]
    [Trait("security", "39")]
    public async Task ASecretIsShownOnceAndIsNowhereElse()
    {
        var (webhook, secret) = await AddAsync();
        await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/test");
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var dump = await World.Database.ScalarAsync<string>("SELECT string_agg(w::text, ' ') FROM webhooks w");
        var shown = $"{await GetAsync("")}{await GetAsync($"{webhook}")}{await GetAsync($"{webhook}/deliveries")}";
        foreach (var place in new[] { dump, shown, World.Logs.Text })
        {
            Assert.DoesNotContain(secret["whsec_".Length..], place);
            Assert.DoesNotContain(Convert.ToHexStringLower(key), place);
        }
    }

    [Fact]
    [Trait("security", "35")]
    public async Task ASecretMovesToTheSealingKeyInForce()
    {
        var (webhook, secret) = await AddAsync();
        await World.RestartVaultAsync(World.VaultUrl, withNewKey: true);
        try
        {
            await World.PassAsync(TimeSpan.FromMinutes(6));
            await World.Auth.Get<WebhookDispatcher>().KeepUpAsync(CancellationToken.None);
            var stored = await World.Database.ScalarAsync<byte[]>("SELECT secret FROM webhooks WHERE id = $1", webhook);
            Assert.Equal(2, BinaryPrimitives.ReadInt32BigEndian(stored));
            await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/test");
            Assert.True(Receiver.Messages.Single().IsSignedBy(secret));
        }
        finally
        {
            await World.RestartVaultAsync(World.VaultUrl);
        }
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"url":""}""")]
    [InlineData("""{"url":"https://partner.example/x","types":["connection.unknown"]}""")]
    [InlineData("""{"url":""")]
    public async Task ABadRequestIsRefused(string body)
    {
        using var response = await World.Auth.SendRawAsync("/partner/v1/webhooks", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"from_event":"evt_1","from":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"from":"yesterday"}""")]
    public async Task ABadReplayIsRefused(string body)
    {
        var (webhook, _) = await AddAsync();
        using var response = await World.Auth.SendRawAsync($"/partner/v1/webhooks/{webhook}/replay", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task WhoMayOnlyReadMakesNoEndpoint()
    {
        var (status, _) = await World.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/webhooks",
            new { url = Receiver.Url },
            role: "read"
        );
        Assert.Equal(HttpStatusCode.Forbidden, status);
        var (webhook, _) = await AddAsync();
        Assert.Equal(
            HttpStatusCode.NoContent,
            (await World.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/webhooks/{webhook}")).Status
        );
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await World.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/webhooks/{webhook}")).Status
        );
    }
}
