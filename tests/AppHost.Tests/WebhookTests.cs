using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>A partner's backend hears of its connections, and knows that nobody else told it.</summary>
public class WebhookTests(WholeSystem system)
{
    [Fact]
    public async Task AStateChangeArrivesSignedUntilTheEndpointIsDeleted()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var (first, secret) = await AddAsync(receiver.UrlOf("/first"));
        var (second, other) = await AddAsync(receiver.UrlOf("/second"));
        try
        {
            var tenant = await system.ConnectAsync("webhooks");
            using var ended = await SendAsync(HttpMethod.Delete, $"connections/{tenant.Connection.Id}");
            Assert.Equal(HttpStatusCode.OK, ended.StatusCode);
            var heard = await Until.AnsweredAsync(
                () => receiver.At("/first", tenant.Tenant.Id),
                messages => messages.Any(m => m.Type == "connection.disconnected")
            );

            Assert.Equal(
                ["connection.connected", "connection.disconnected"],
                heard.DistinctBy(m => m.Id).Select(m => m.Type)
            );
            Assert.All(heard, message => AssertGenuine(message, secret, other));
            var data = heard[^1].Json["data"]!;
            Assert.Equal(
                (tenant.Connection.Id, tenant.Tenant.ExternalId, "disconnected", tenant.Org.Id),
                (Text(data, "connection"), Text(data, "external_id"), Text(data, "state"), Text(data, "org"))
            );

            await DeleteAsync(first);
            var later = await system.ConnectAsync("webhooks");
            await Until.AnsweredAsync(() => receiver.At("/second", later.Tenant.Id), messages => messages.Count > 0);
            Assert.Empty(receiver.At("/first", later.Tenant.Id));
        }
        finally
        {
            await DeleteAsync(second);
        }

        using var trail = await SendAsync(HttpMethod.Get, "audit?event=webhook&limit=200");
        var entries = JsonNode.Parse(await trail.Content.ReadAsStringAsync())!["entries"]!.AsArray();
        Assert.Equal(
            [("webhook.created", "partner:default"), ("webhook.deleted", "partner:default")],
            entries
                .Where(e => Text(e!["details"]!, "webhook") == first)
                .Select(e => (Text(e!, "event"), Text(e!, "actor")))
        );
    }

    private static void AssertGenuine(WebhookMessage message, string secret, string otherSecret)
    {
        var now = TimeProvider.System.GetUtcNow();
        Assert.True(message.IsGenuine(secret, now));
        // What a receiver relies on: neither another secret, nor a changed message, nor an old one passes.
        Assert.False(message.IsGenuine(otherSecret, now));
        Assert.False(
            (message with { Body = message.Body.Replace("con_", "con-", StringComparison.Ordinal) }).IsGenuine(
                secret,
                now
            )
        );
        Assert.False((message with { Id = message.Id + "0" }).IsGenuine(secret, now));
        Assert.False(message.IsGenuine(secret, now + TimeSpan.FromMinutes(10)));
    }

    private async Task<(string Id, string Secret)> AddAsync(string url)
    {
        using var response = await SendAsync(HttpMethod.Post, "webhooks", new { url });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var made = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        return (Text(made, "id"), Text(made, "secret"));
    }

    private async Task DeleteAsync(string webhook)
    {
        using var deleted = await SendAsync(HttpMethod.Delete, $"webhooks/{webhook}");
        using var gone = await SendAsync(HttpMethod.Get, $"webhooks/{webhook}");
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (deleted.StatusCode, gone.StatusCode));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(system.Gateway, $"partner/v1/{path}"))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", system.PartnerToken) },
            Content = body is null ? null : JsonContent.Create(body),
        };
        return await system.Http.SendAsync(request);
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
