using System.Net;
using Partner.Sending.DeadLetters;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>What a partner may ask of a replay.</summary>
public sealed class ReplayApiTests(SendingDatabase database) : ReplayCalls, IClassFixture<SendingDatabase>
{
    [Fact]
    public async Task ALetterThatIsRefusedAgainIsANewOneAndNotOfThatReplay()
    {
        await WriteAsync(database.Database, 3, "rejected");
        // One after the other: the first is dead again before the last is sent.
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["DeadLetters:ReplayBatch"] = "1", ["DeadLetters:ReplayWindow"] = "1" }
        );
        host.Datadog.Answer = (r, _) =>
            r.Lines.Any(l => l.EndsWith('1'))
                ? FakeDatadog.Status(HttpStatusCode.BadRequest, "still bad")
                : FakeDatadog.Accepted();
        var replay = await StartAsync(host, new { reason = "rejected" });
        await Until.TrueAsync(async () => (await ShowAsync(host, replay.Id)).State == "done");
        await host.Datadog.WaitForAsync(2);
        await database.WaitUntilSettledAsync(Connection);
        Assert.Equal(3, (await ShowAsync(host, replay.Id)).Replayed);
        Assert.Equal(
            "400: still bad",
            await database.Database.ScalarAsync<string>(
                "SELECT detail FROM dead_letters WHERE connection = $1 AND replayed_at IS NULL",
                Connection.Text
            )
        );
        Assert.Equal(1, (await host.DeliveriesAsync(Connection)).DeadLetters);
    }

    [Fact]
    public async Task AReplayIsOfTheLettersThatAreMeant()
    {
        await WriteAsync(database.Database, 10, "rejected");
        await WriteAsync(database.Database, 10, "expired");
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var id = await database.Database.ScalarAsync<long>(
            "SELECT id FROM dead_letters WHERE connection = $1 AND item = 'rejected-7'",
            Connection.Text
        );
        Assert.Equal(1, (await StartAsync(host, new { ids = new[] { id } })).Total);
        Assert.Equal(["rejected-7"], await host.Datadog.WaitForAsync(1));
        Assert.Equal(10, (await StartAsync(host, new { reason = "expired" })).Total);
        Assert.Equal(
            11,
            (await host.Datadog.WaitForAsync(11))
                .Distinct()
                .Count(l => l == "rejected-7" || l.StartsWith("expired-", StringComparison.Ordinal))
        );
        Assert.Equal(0, (await StartAsync(host, new { to = "2020-01-01T00:00:00Z" })).Total);
        using var none = await PostAsync(host, new { ids = Array.Empty<long>() });
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
    }

    [Fact]
    public async Task AReplayIsPausedGoneOnWithAndCanceled()
    {
        await WriteAsync(database.Database, 1_000);
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["DeadLetters:ReplayBatch"] = "10", ["DeadLetters:ReplayWindow"] = "1" }
        );
        var hold = new TaskCompletionSource();
        host.Datadog.Answer = async (_, cancellationToken) =>
        {
            await hold.Task.WaitAsync(cancellationToken);
            return await FakeDatadog.Accepted();
        };
        var replay = await StartAsync(host, new { });
        await Until.TrueAsync(() => host.Datadog.Requests.Count == 1);
        Assert.Equal("paused", (await ChangeAsync(host, replay.Id, "paused")).State);
        hold.SetResult();
        await host.Datadog.WaitForAsync(10);
        await database.WaitUntilSettledAsync(Connection);
        Assert.Equal(ReplayStep.NotOurs, (await StepAsync(host, replay.Id)).Step);
        Assert.Equal(
            ("paused", 10L),
            ((await ShowAsync(host, replay.Id)).State, (await ShowAsync(host, replay.Id)).Replayed)
        );
        Assert.Equal("running", (await ChangeAsync(host, replay.Id, "running")).State);
        await host.Datadog.WaitForAsync(50);
        Assert.Equal("canceled", (await ChangeAsync(host, replay.Id, "canceled")).State);
        using var over = await SendChangeAsync(host, replay.Id, "running");
        using var wrong = await SendChangeAsync(host, replay.Id, "done");
        using var nobody = await SendChangeAsync(host, replay.Id + 1_000_000, "paused");
        Assert.Equal(
            [HttpStatusCode.Conflict, HttpStatusCode.BadRequest, HttpStatusCode.NotFound],
            [over.StatusCode, wrong.StatusCode, nobody.StatusCode]
        );
        await database.WaitUntilSettledAsync(Connection);
        var canceled = await ShowAsync(host, replay.Id);
        Assert.Equal(canceled.Replayed, host.Datadog.TakenLines.Count);
        Assert.Contains(
            $"\"id\":{replay.Id},\"state\":\"canceled\"",
            await host.GetAsync(Replays),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task TheSameKeyIsTheSameReplay()
    {
        await WriteAsync(database.Database, 5);
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        using var first = await PostAsync(host, new { }, "once");
        using var second = await PostAsync(host, new { }, "once");
        using var other = await PostAsync(host, new { reason = "expired" }, "once");
        using var invalid = await PostAsync(host, new { }, "not visible");
        Assert.Equal(
            [
                HttpStatusCode.Created,
                HttpStatusCode.Created,
                HttpStatusCode.UnprocessableEntity,
                HttpStatusCode.BadRequest,
            ],
            [first.StatusCode, second.StatusCode, other.StatusCode, invalid.StatusCode]
        );
        Assert.Equal(
            (first.Headers.Location, "true"),
            (second.Headers.Location, second.Headers.GetValues("Idempotency-Replayed").Single())
        );
        Assert.Equal(5, (await host.Datadog.WaitForAsync(5)).Count);
    }
}
