using System.Net.Http.Headers;

namespace Partner.Sandbox.Tests;

public sealed class ReadLimitTests
{
    private const string Path = "https://api.us5.datadoghq.com/api/v1/monitor";

    [Fact]
    public async Task AnOrgsLimitIsAnnouncedSharedAndBeginsAnewWithThePeriod()
    {
        await using var world = await World.StartAsync();
        world.Set("""{"readLimit":3,"readLimitPeriodSeconds":60,"rows":2}""");
        var org = world.OrgAt("US5");
        var token = world.State.Grants.Authorize(world.State.Clients[0], org);

        Assert.Equal((200, "3 60 2 monitors_read"), await AskAsync(world, token));
        world.State.ReadLimits.Spend(org, "monitors_read", 1, world.State.Settings);
        Assert.Equal((200, "3 60 0 monitors_read"), await AskAsync(world, token));
        Assert.Equal((429, "3 60 0 monitors_read"), await AskAsync(world, token));
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal((200, "3 60 2 monitors_read"), await AskAsync(world, token));
        world.State.Grants.Expire(token);
        Assert.Equal((401, ""), await AskAsync(world, token));
    }

    private static async Task<(int Status, string Limit)> AskAsync(World world, string token)
    {
        using var response = await world.Http.SendAsync(World.Bearer(HttpMethod.Get, Path, token), World.Token);
        return (
            (int)response.StatusCode,
            string.Join(
                ' ',
                new[] { "Limit", "Period", "Remaining", "Name" }
                    .Select(name => Value(response.Headers, $"X-RateLimit-{name}"))
                    .OfType<string>()
            )
        );
    }

    private static string? Value(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.Single() : null;
}
