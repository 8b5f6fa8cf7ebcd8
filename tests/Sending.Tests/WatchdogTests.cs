using System.Net;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class WatchdogTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    [Trait("fault", "F30")]
    public void AWedgeIsToldOfWithinAMinute() =>
        Assert.InRange(new DeliveryOptions().Wedge + Watchdog.Every, TimeSpan.Zero, TimeSpan.FromSeconds(60));

    [Fact]
    [Trait("fault", "F30")]
    public async Task ADeliveryThatNeverEndsFailsTheProbeForLifeUntilThereIsProgress()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString, time: _time);
        var hold = new TaskCompletionSource();
        host.Datadog.Answer = async (_, _) =>
        {
            // Not even an aborted request ends it.
            await hold.Task;
            return await FakeDatadog.Accepted();
        };
        using (var response = await host.PostAsync(ConnectionId.New(), "stuck"))
        {
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        Assert.True(
            await _time.TickUntilAsync(host, async () => !host.Datadog.Requests.IsEmpty && await IsAliveAsync(host))
        );
        Assert.True(await _time.TickUntilAsync(host, async () => !await IsAliveAsync(host)));
        hold.SetResult();
        Assert.True(await _time.TickUntilAsync(host, () => IsAliveAsync(host)));
    }

    private static async Task<bool> IsAliveAsync(SendingHost host)
    {
        using var response = await host.Http.GetAsync(host.App.Urls.Single() + "/alive");
        return response.StatusCode == HttpStatusCode.OK;
    }
}
