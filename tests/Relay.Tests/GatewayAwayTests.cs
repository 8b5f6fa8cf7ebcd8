using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Partner.Testing;

namespace Partner.Relay.Tests;

/// <summary>A gateway that does not answer, and what an operator reads of it.</summary>
public sealed class GatewayAwayTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task AGatewayThatIsAwayIs503AndIsSaidOnce()
    {
        var port = LocalProcess.FreePort();
        await using var relay = await RelayHost.StartAsync(
            $"http://127.0.0.1:{port}",
            _ => { },
            $"--Relay:Key={RelayHost.Key}"
        );

        await AssertAwayAsync(relay);
        await AssertAwayAsync(relay);
        await using var gateway = await GatewayStandIn.StartAsync(port: port);
        using var answer = await relay.PostAsync("/v0.4/traces");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var warning = Assert.Single(relay.Logs.MessagesAt(LogLevel.Warning));
        Assert.StartsWith(
            $"http://127.0.0.1:{port}/ is away; what is sent is answered with 503",
            warning,
            StringComparison.Ordinal
        );
        Assert.Contains("The gateway is back, after 2 requests in vain", relay.Logs.MessagesAt(LogLevel.Information));
    }

    [Fact]
    public async Task AGatewayThatEndsTheConnectionIs503()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        gateway.Behaviour = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        await AssertAwayAsync(relay);
    }

    [Fact]
    public async Task AKeyThatIsRefusedIsSaidOncePerKey()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        gateway.Behaviour = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };

        (await relay.PostAsync("/v0.4/traces")).Dispose();
        (await relay.PostAsync("/v0.4/traces")).Dispose();

        Assert.StartsWith(
            "The gateway answers 403",
            Assert.Single(relay.Logs.MessagesAt(LogLevel.Warning)),
            StringComparison.Ordinal
        );
    }

    /// <summary>At every level, of every library, whatever goes well or wrong.</summary>
    [Fact]
    public async Task TheKeyIsNeverLogged()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway, RelayHost.LogEverything);
        (await relay.PostAsync("/v0.4/traces")).Dispose();
        gateway.Behaviour = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return context.Response.WriteAsync($"no such key: {context.Request.Headers["DD-API-KEY"]}");
        };
        (await relay.PostAsync("/v0.4/traces")).Dispose();
        await gateway.DisposeAsync();
        await AssertAwayAsync(relay);

        Assert.Contains("Yarp.ReverseProxy.Forwarder", relay.Logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(RelayHost.Key, relay.Logs.Text, StringComparison.Ordinal);
    }

    private static async Task AssertAwayAsync(RelayHost relay)
    {
        using var answer = await relay.PostAsync("/v0.4/traces");
        Assert.Equal(
            (503, "5", """{"errors":["The gateway is away"]}"""),
            (
                (int)answer.StatusCode,
                answer.Headers.GetValues("Retry-After").Single(),
                await answer.Content.ReadAsStringAsync(Token)
            )
        );
    }
}
