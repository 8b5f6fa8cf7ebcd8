using System.Net;
using Partner.Contracts;
using Partner.Sending.Status;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class DeliveryStatusTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    public async Task TheDeliveriesSayTheLastSuccessTheLastErrorAndTheBacklogAndAnyInstanceDoes()
    {
        var before = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        var first = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new() { ["Delivery:Drain"] = "00:00:00.1", ["Delivery:Timeout"] = "00:00:01" }
        );
        Assert.Null((await AskAsync(first)).LastSuccessAt);
        await first.PostAsync(_connection, "good");
        await first.Datadog.WaitForAsync(1);
        await database.WaitUntilSettledAsync(_connection);
        var taken = await AskAsync(first);
        Assert.InRange(taken.LastSuccessAt!.Value, before, TimeProvider.System.GetUtcNow().AddSeconds(1));
        Assert.Null(taken.LastError);

        first.Datadog.Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.ServiceUnavailable, "come\0back");
        await first.PostAsync(_connection, "waits");
        var failed = await Until.AnsweredAsync(() => AskAsync(first), view => view.LastError is not null);
        Assert.Equal(("retry", "503: come back"), (failed.LastError?.Class, failed.LastError?.Message));
        // The version and the frame's header are of it.
        Assert.Equal((1L, 1L, 8L), (failed.Backlog.Items, failed.Backlog.Segments, failed.Backlog.Bytes));
        Assert.InRange(failed.Backlog.OldestAt!.Value, before, TimeProvider.System.GetUtcNow().AddSeconds(1));
        Assert.Equal(taken.LastSuccessAt, failed.LastSuccessAt);

        // The end of a service writes the last of it down; another tells it, though it never sent for this connection.
        await first.DisposeAsync();
        await using var second = await SendingHost.StartAsync(
            database.ConnectionString,
            start: true,
            datadog: new FakeDatadog { Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.ServiceUnavailable) }
        );
        var later = await AskAsync(second);
        Assert.Equal(taken.LastSuccessAt!.Value, later.LastSuccessAt!.Value, TimeSpan.FromMilliseconds(1));
        Assert.Equal("retry", later.LastError?.Class);
    }

    [Fact]
    public async Task TheLaterOneWinsWhoeverStoresFirst()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var (store, at) = (host.Get<DeliveryStatusStore>(), new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Partner.Sending.Status.DeliveryStatus[] trails =
        [
            new(at.AddSeconds(5), new ErrorView("retry", "second", at.AddSeconds(2))),
            new(at, new ErrorView("retry", "first", at.AddSeconds(1))),
            new(null, new ErrorView("rejected", "third", at.AddSeconds(3))),
            new(at.AddSeconds(1), null),
            new(null, new ErrorView("retry", "half", at.AddSeconds(0.5))),
        ];
        foreach (var trail in trails)
        {
            await store.WriteAsync([(_connection, trail)], CancellationToken.None);
        }

        var expected = new Partner.Sending.Status.DeliveryStatus(
            at.AddSeconds(5),
            new ErrorView("rejected", "third", at.AddSeconds(3))
        );
        Assert.Equal(expected, await store.ReadAsync(_connection, CancellationToken.None));
        Assert.Equal(expected, trails.Aggregate((one, next) => one.With(next)));
    }

    private Task<DeliveriesView> AskAsync(SendingHost host) => host.DeliveriesAsync(_connection);
}
