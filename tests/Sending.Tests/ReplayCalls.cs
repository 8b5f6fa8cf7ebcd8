using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Partner.Contracts;
using Partner.Sending.DeadLetters;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>Dead letters of a connection of its own, and calls for their replay.</summary>
public abstract class ReplayCalls
{
    private protected static readonly ServiceClaims Manager = new(Actor: "tester", Role: "manage");

    private protected ConnectionId Connection { get; } = ConnectionId.New();

    private protected string Replays => $"/partner/v1/senders/logs/connections/{Connection.Text}/dead-letters/replays";

    private protected static async Task<HttpResponseMessage> HangAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return await FakeDatadog.Accepted();
    }

    private protected Task WriteAsync(TestDatabase own, int count, string reason = "letter", long at = 0) =>
        own.ExecuteAsync(
            """
            WITH letters AS (
                INSERT INTO dead_letters (connection, reason, detail, variant, item_at, item)
                SELECT $1, $3, 'a detail', '', $4, convert_to($3 || '-' || i, 'UTF8') FROM generate_series(1, $2) AS i)
            INSERT INTO accepted AS a (connection, epoch, items, dead_lettered) VALUES ($1, 0, $2, $2)
            ON CONFLICT (connection, epoch) DO UPDATE SET items = a.items + $2, dead_lettered = a.dead_lettered + $2
            """,
            Connection.Text,
            count,
            reason,
            at
        );

    private protected static Task<Moved> StepAsync(SendingHost host, long replay) =>
        host.Get<ReplayMove>()
            .StepAsync(
                replay,
                host.Get<Outbox.Instance>().Epoch,
                new DeadLetterOptions { LiveBacklog = TimeSpan.FromSeconds(0.1) },
                CancellationToken.None
            );

    private protected async Task<ReplayView> StartAsync(SendingHost host, object request)
    {
        using var response = await PostAsync(host, request);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return Read(await response.Content.ReadAsStringAsync());
    }

    private protected Task<HttpResponseMessage> PostAsync(SendingHost host, object request, string? key = null)
    {
        var content = JsonContent.Create(request);
        return host.SendAsync(HttpMethod.Post, Replays, Manager, content, key);
    }

    private protected async Task<ReplayView> ShowAsync(SendingHost host, long replay) =>
        Read(await host.GetAsync($"{Replays}/{replay}"));

    private protected async Task<ReplayView> ChangeAsync(SendingHost host, long replay, string state)
    {
        using var response = await SendChangeAsync(host, replay, state);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Read(await response.Content.ReadAsStringAsync());
    }

    private protected Task<HttpResponseMessage> SendChangeAsync(SendingHost host, long replay, string state) =>
        host.SendAsync(HttpMethod.Patch, $"{Replays}/{replay}", Manager, JsonContent.Create(new { state }));

    private protected static ReplayView Read(string json) =>
        JsonSerializer.Deserialize<ReplayView>(json, JsonSerializerOptions.Web)!;
}
