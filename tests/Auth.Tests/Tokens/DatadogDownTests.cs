using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests.Tokens;

/// <summary>A token endpoint that fails.</summary>
[Collection(TokenWorld.Name)]
public sealed class DatadogDownTests(World world) : TokenTests(world)
{
    [Theory]
    [Trait("fault", "F8")]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task WhileDatadogFailsTheOldTokenServesToItsEndAndNothingIsGivenUp(int status)
    {
        var (id, _) = await ConnectAsync();
        var token = (await World.Auth.AccessTokenAsync(id)).Token!.Value;
        World.Datadog.Faults.Add(new Fault { Filter = new TrafficFilter(Path: TokenPath), Status = status });
        try
        {
            for (var i = 0; i < 5; i++)
            {
                await World.Database.ExecuteAsync(
                    "UPDATE connections SET next_step_at = now() - interval '1 second' WHERE id = $1",
                    id.Text
                );
                await World.Auth.StepWorkerAsync();
                await AgeLeaseAsync(id);
            }

            Assert.Equal(token, (await World.Auth.AccessTokenAsync(id)).Token!.Value);
            Assert.Equal("connected", await StateAsync(id));
        }
        finally
        {
            World.Datadog.Faults.Clear();
        }

        await AgeLeaseAsync(id);
        await ExpireAsync(id);
        Assert.NotEqual(token, (await World.Auth.AccessTokenAsync(id)).Token!.Value);
    }
}
