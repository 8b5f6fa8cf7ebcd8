using System.Net.Sockets;

namespace Partner.ServiceDefaults.Tests;

public sealed class DrainTests
{
    [Fact]
    public async Task AServiceThatIsToldToStopTakesRequestsUntilItsDrainIsOver()
    {
        await using var host = new ServiceHost("Production", ("Shutdown:Drain", "00:00:10"));
        await host.InitializeAsync();
        Assert.Equal(200, (await host.SendAsync("/health")).Status);
        Assert.False((await host.SendAsync("/open")).Response.Headers.ConnectionClose ?? false);

        var stopped = host.StopAsync();

        var (status, body, response) = await host.SendAsync("/open");
        Assert.Equal((200, "open", true), (status, body, response.Headers.ConnectionClose));
        Assert.Equal(503, (await host.SendAsync("/health")).Status);
        Assert.Equal(200, (await host.SendAsync("/alive")).Status);
        host.Time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(200, (await host.SendAsync("/open")).Status);
        Assert.False(stopped.IsCompleted);

        host.Time.Advance(TimeSpan.FromSeconds(0.1));
        await stopped;
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => host.SendAsync("/open"));
        Assert.IsType<SocketException>(refused.InnerException);
    }

    [Fact]
    public async Task WithoutADrainItStopsAtOnce()
    {
        await using var host = new ServiceHost();
        await host.InitializeAsync();
        await host.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => host.SendAsync("/open"));
    }

    [Fact]
    public async Task ADrainOfLessThanNothingIsRefused()
    {
        await using var host = new ServiceHost("Production", ("Shutdown:Drain", "-00:00:01"));
        var refused = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(async () =>
            await host.InitializeAsync()
        );
        Assert.Contains("Shutdown:Drain", refused.Message, StringComparison.Ordinal);
    }
}
