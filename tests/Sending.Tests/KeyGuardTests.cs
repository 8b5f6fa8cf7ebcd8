using Partner.Contracts;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>An intake that answers 202 to a dead key, as metrics does.</summary>
public sealed class KeyGuardTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(20);
    private static readonly ConnectionCheck Alive = new(ConnectionState.Connected, null, true);
    private static readonly ConnectionCheck Dead = new(ConnectionState.Degraded, "key_rejected", false);
    private readonly ConnectionId _connection = ConnectionId.New();
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    [Trait("fault", "F11")]
    public async Task ADeadKeyIsFoundWithinFiveMinutesItsLaneParksAndTheIntervalIsReported()
    {
        await using var host = await StartAsync();
        await DeliverAsync(host, 2, "one\ntwo");
        await ValidatedAsync(host, delivered: 2);
        var valid = _time.GetUtcNow();
        await DeliverAsync(host, 5, "lost\nlost too\nand this");
        host.Datadog.Check = Dead;
        await TickAsync(() => host.Datadog.Checks.Count == 2);
        var found = _time.GetUtcNow();
        Assert.InRange(found - valid, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5) + Tolerance);
        var view = await ViewAsync(host, "parked");
        Assert.Equal(("Datadog says that the key is not valid.", 3L), (view.Reason, view.Suspect!.Items));
        Assert.Equal((valid, found), (view.Suspect.From, view.Suspect.To), AreNear);

        // The probe asks Auth and does not go out: the intake would say 202.
        await AcceptAsync(host, "waits");
        await TickAsync(() => host.Datadog.Checks.Count >= 4);
        Assert.Equal((5, 1L), (host.Datadog.TakenLines.Count, (await ViewAsync(host, "parked")).Backlog.Items));

        host.Datadog.Check = Alive;
        await TickAsync(() => host.Datadog.TakenLines.Count == 6);
        await database.WaitUntilSettledAsync(_connection);
        view = await ViewAsync(host, "flowing");
        Assert.Equal((null, 3L, "waits"), (view.Reason, view.Suspect!.Items, host.Datadog.TakenLines[^1]));
    }

    [Fact]
    public async Task ALaneThatIsIdleIsNotAskedAboutAndAnAnswerThatNobodyKnowsParksNothing()
    {
        await using var host = await StartAsync();
        host.Datadog.Check = new(ConnectionState.Connected, null, null);
        await DeliverAsync(host, 1, "one");
        await TickAsync(() => host.Datadog.Checks.Count == 2);
        Assert.Null((await ViewAsync(host, "flowing")).Suspect);
        host.Datadog.Check = Alive;
        await ValidatedAsync(host, delivered: 1);
        var (checks, until) = (host.Datadog.Checks.Count, _time.GetUtcNow().AddMinutes(20));
        await TickAsync(() => _time.GetUtcNow() >= until);
        Assert.Equal(checks, host.Datadog.Checks.Count);
    }

    [Fact]
    [Trait("fault", "F11")]
    public async Task TheLastGoodValidationOutlivesTheProcess()
    {
        DateTimeOffset valid;
        await using (var first = await StartAsync())
        {
            await DeliverAsync(first, 1, "one");
            await ValidatedAsync(first, delivered: 1);
            valid = _time.GetUtcNow();
            await DeliverAsync(first, 2, "lost");
        }

        _time.Advance(TimeSpan.FromMinutes(2));
        await using var second = await StartAsync();
        second.Datadog.Check = Dead;
        await DeliverAsync(second, 1, "lost as well");
        await TickAsync(() => second.Datadog.Checks.Count == 1);
        var suspect = (await ViewAsync(second, "parked")).Suspect!;
        Assert.Equal(2, suspect.Items);
        Assert.Equal((valid, _time.GetUtcNow()), (suspect.From, suspect.To), AreNear);
    }

    private static bool AreNear((DateTimeOffset, DateTimeOffset) a, (DateTimeOffset, DateTimeOffset) b) =>
        (a.Item1 - b.Item1).Duration() < Tolerance && (a.Item2 - b.Item2).Duration() < Tolerance;

    private Task<SendingHost> StartAsync() =>
        SendingHost.StartAsync(
            database.ConnectionString,
            time: _time,
            sender: new TestSender(keepsOrder: true, validatesKeys: true)
        );

    // The lease lives by the same clock: while that stands still it is not renewed, and requests get 503.
    private async Task AcceptAsync(SendingHost host, string body)
    {
        var status = 0;
        for (var i = 0; i < 100 && status != 202; i++)
        {
            using var response = await host.PostAsync(_connection, body);
            status = (int)response.StatusCode;
            var until = _time.GetUtcNow().AddSeconds(0.5);
            await TickAsync(() => _time.GetUtcNow() >= until);
        }

        Assert.Equal(202, status);
    }

    private async Task DeliverAsync(SendingHost host, int total, string body)
    {
        await AcceptAsync(host, body);
        await TickAsync(() => host.Datadog.TakenLines.Count == total, 0.1);
        await database.WaitUntilSettledAsync(_connection);
    }

    private async Task ValidatedAsync(SendingHost host, long delivered)
    {
        var before = host.Datadog.Checks.Count;
        await TickAsync(() => host.Datadog.Checks.Count > before);
        Assert.Equal(
            1,
            await SendingDatabase.WaitForAsync(
                database.Database,
                "SELECT count(*) FROM key_checks WHERE connection = $1 AND valid_at IS NOT NULL AND delivered = $2",
                1,
                _connection.Text,
                delivered
            )
        );
    }

    /// <summary>Moves the clock on until it is so.</summary>
    private async Task TickAsync(Func<bool> done, double seconds = 1)
    {
        for (var i = 0; i < 3_000 && !done(); i++)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            await Task.Delay(5);
        }

        Assert.True(done());
    }

    private Task<DeliveriesView> ViewAsync(SendingHost host, string state) =>
        Until.AnsweredAsync(
            () => host.DeliveriesAsync(_connection),
            view => view.State == state && (state != "parked" || view.Suspect is not null)
        );
}
