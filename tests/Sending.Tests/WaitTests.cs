using System.Net;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.Outbox;
using Partner.Sending.Waiting;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class WaitTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private const string Wait = "?wait=delivered";

    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    public async Task TheAnswerComesWithTheDeliveryAndIsThePathsOwn()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var hold = new TaskCompletionSource();
        host.Datadog.Answer = async (_, cancellationToken) =>
        {
            await hold.Task.WaitAsync(cancellationToken);
            return await FakeDatadog.Accepted();
        };
        var waiting = host.PostAsync(_connection, "one\ntwo", query: Wait);
        await Until.TrueAsync(() => host.Datadog.Requests.Count == 1);
        // Committed before it waits, and no body in memory while it does.
        Assert.Equal(
            2,
            await database.Database.ScalarAsync<long>(
                "SELECT sum(items)::bigint FROM accepted WHERE connection = $1",
                _connection.Text
            )
        );
        Assert.Equal((1, false), (host.Get<DeliveryWaits>().Waiting, waiting.IsCompleted));
        // Who does not wait is not held up.
        using var other = await host.PostAsync(_connection, "three");
        Assert.Equal(HttpStatusCode.Accepted, other.StatusCode);
        Assert.False(other.Headers.Contains("Delivery-Status"));
        hold.SetResult();
        using var response = await waiting;
        Assert.Equal(
            (HttpStatusCode.Accepted, "delivered", "{}"),
            (response.StatusCode, StatusOf(response), await response.Content.ReadAsStringAsync())
        );
        // The parameter is ours and goes no further.
        Assert.All(host.Datadog.Requests, r => Assert.Equal("", r.Query));
    }

    [Fact]
    public async Task WhatDatadogRejectsIsItsOwnStatusAndMessage()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        host.Datadog.Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.UnprocessableEntity, "no such thing");
        using var response = await host.PostAsync(_connection, "bad", query: Wait);
        Assert.Equal(
            (HttpStatusCode.UnprocessableEntity, "rejected", """{"errors":["422: no such thing"]}"""),
            (response.StatusCode, StatusOf(response), await response.Content.ReadAsStringAsync())
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatWasGivenUpWhenItWasAcceptedIsToldFirst(bool deliveryIsFaster)
    {
        var waits = new DeliveryWaits(TimeProvider.System, null!, Options.Create(new WaitOptions()));
        using var wait = new DeliveryWait(waits);
        wait.Expect(segment: 1, items: 2);
        var rejected = new DeadLetter(_connection, DeadLetterReason.Rejected, "by Datadog", "", 0, [])
        {
            Status = HttpStatusCode.UnprocessableEntity,
        };
        var settled = new Settlement(null!, Delivered: 1, [rejected]);
        if (deliveryIsFaster)
        {
            wait.Settled(settled);
        }

        wait.Refused([rejected with { Reason = DeadLetterReason.TooLarge, Detail = "too large", Status = null }]);
        if (!deliveryIsFaster)
        {
            wait.Settled(settled);
        }

        var verdict = wait.Verdict;
        Assert.Equal((3, 1, 2, 413), (verdict.Items, verdict.Delivered, verdict.Rejected, verdict.Status));
        Assert.Equal(["too large", "by Datadog"], verdict.Messages);
    }

    [Fact]
    public async Task WhatIsRejectedInPartSaysSoAndIsASuccess()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        host.Datadog.Answer = (r, _) =>
            r.Lines.Any(l => l.StartsWith("bad", StringComparison.Ordinal))
                ? FakeDatadog.Status(HttpStatusCode.BadRequest, "no such thing")
                : FakeDatadog.Accepted();
        var old = TimeProvider.System.GetUtcNow().AddHours(-2).ToUnixTimeMilliseconds();
        using var response = await host.PostAsync(
            _connection,
            $"good\nbad 1\nfine\nbad 2\n@{old} too old",
            query: Wait
        );
        Assert.Equal(
            (HttpStatusCode.MultiStatus, "partial; delivered=2; rejected=3"),
            (response.StatusCode, StatusOf(response))
        );
        var body = await response.Content.ReadAsStringAsync();
        Assert.StartsWith(
            """{"errors":["3 of 5 items are rejected: Older than Datadog takes""",
            body,
            StringComparison.Ordinal
        );
        Assert.EndsWith("""| 400: no such thing"]}""", body, StringComparison.Ordinal);
        using var none = await host.PostAsync(_connection, $"@{old} too old", query: Wait);
        Assert.Equal((HttpStatusCode.BadRequest, "rejected"), (none.StatusCode, StatusOf(none)));
    }

    [Fact]
    public async Task WaitingIsBoundedAndWhatTakesLongerGoesOn()
    {
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["Wait:Longest"] = "00:00:00.2" }
        );
        var fails = true;
        host.Datadog.Answer = (_, _) =>
            Volatile.Read(ref fails) ? FakeDatadog.Status(HttpStatusCode.ServiceUnavailable) : FakeDatadog.Accepted();
        using var response = await host.PostAsync(_connection, "late", query: Wait);
        Assert.Equal(
            (HttpStatusCode.Accepted, "pending; delivered=0; rejected=0"),
            (response.StatusCode, StatusOf(response))
        );
        Volatile.Write(ref fails, false);
        Assert.Equal(["late"], await host.Datadog.WaitForAsync(1));
        Assert.Equal(0, host.Get<DeliveryWaits>().Waiting);
    }

    [Fact]
    public async Task ADeliveryThatIsRepeatedIsWaitedForAndOneTooManyIsNot()
    {
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["Wait:MaxWaiting"] = "1" }
        );
        var hold = new TaskCompletionSource();
        host.Datadog.Answer = async (_, cancellationToken) =>
        {
            await hold.Task.WaitAsync(cancellationToken);
            // Twice, so that the lane gives its memory back and reads it again.
            return host.Datadog.Requests.Count <= 2
                ? await FakeDatadog.Status(HttpStatusCode.ServiceUnavailable)
                : await FakeDatadog.Accepted();
        };
        var waiting = host.PostAsync(_connection, "one", query: Wait);
        await Until.TrueAsync(() => host.Get<DeliveryWaits>().Waiting == 1);
        using var tooMany = await host.PostAsync(_connection, "two", query: Wait);
        Assert.Equal("pending; delivered=0; rejected=0", StatusOf(tooMany));
        hold.SetResult();
        using var response = await waiting;
        Assert.Equal((HttpStatusCode.Accepted, "delivered"), (response.StatusCode, StatusOf(response)));
        await host.Datadog.WaitForAsync(2);
    }

    [Fact]
    [Trait("fault", "F26")]
    public async Task AStopDoesNotWaitForWhoWaits()
    {
        // The clock stands still, so that no wait ends because it is long; the server cuts off what does not end.
        var host = await SendingHost.StartAsync(
            database.ConnectionString,
            time: new ManualTimeProvider(TimeProvider.System.GetUtcNow()),
            settings: new() { ["Delivery:Drain"] = "00:00:00.1", ["Delivery:Timeout"] = "00:00:01" }
        );
        host.Datadog.Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.ServiceUnavailable);
        var waiting = host.PostAsync(_connection, "left", query: Wait);
        await Until.TrueAsync(() => host.Get<DeliveryWaits>().Waiting == 1);
        var stopping = host.App.StopAsync();
        using var response = await waiting;
        Assert.Equal(
            (HttpStatusCode.Accepted, "pending; delivered=0; rejected=0"),
            (response.StatusCode, StatusOf(response))
        );
        await stopping;
        await host.DisposeAsync();
        await using var second = await SendingHost.StartAsync(database.ConnectionString);
        Assert.Contains("left", await second.Datadog.WaitForAsync(1));
    }

    private static string? StatusOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Delivery-Status", out var values) ? values.Single() : null;
}
