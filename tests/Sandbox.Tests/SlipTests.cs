using System.Net;
using System.Text;

namespace Partner.Sandbox.Tests;

/// <summary>A fault or a hold that could meet nobody is refused, for a test with it would test nothing.</summary>
public sealed class SlipTests
{
    private const string Sites = "There are US1, US3, US5, EU1, AP1, AP2, UK1, US1-FED, US2-FED.";

    [Theory]
    [InlineData("""{"action":"hang","site":"us2"}""", $"There is no site 'us2'. {Sites}")]
    [InlineData(
        """{"action":"hang","org":"Demo US2"}""",
        "There is no org 'Demo US2'. There are 'Demo US1', 'Demo US3', "
    )]
    [InlineData(
        """{"action":"explode"}""",
        "There is no such action. There are status, hang, reset, lost-answer, delay, truncated, drip."
    )]
    [InlineData("""{"site":"us3"}""", "action")]
    [InlineData("""{"action":"hang","sites":"us3"}""", "sites")]
    [InlineData("""{"action":"status","status":"many"}""", "$.status")]
    [InlineData("""{"action":"status","status":99}""", "status is 200 to 599.")]
    [InlineData("""{"action":"delay","delayMs":-1}""", "delayMs is not negative.")]
    [InlineData("""{"action":"hang","count":0}""", "count is at least 1.")]
    [InlineData("""{"action":"hang","probability":1.5}""", "probability is 0 to 1.")]
    public async Task AFaultWithASlipIsRefusedAndTheAnswerSaysWhatThereIs(string fault, string error)
    {
        await using var world = await World.StartAsync();

        var reply = await PostAsync(world, "/_sandbox/faults", fault);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(error, reply.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(world.State.Faults.All);
    }

    [Theory]
    [InlineData("""{"site":"us2"}""", $"There is no site 'us2'. {Sites}")]
    [InlineData("""{"org":"nobody"}""", "There is no org 'nobody'.")]
    [InlineData("""{"host":"us3"}""", "host")]
    public async Task AHoldWithASlipIsRefusedAndHoldsNothing(string hold, string error)
    {
        await using var world = await World.StartAsync();

        var reply = await PostAsync(world, "/_sandbox/hold", hold);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(error, reply.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await world.LogsAsync("US3", null, "[{}]")).Status);
    }

    [Fact]
    public async Task ASiteIsNamedEitherWayAndAnOrgByNameOrId()
    {
        await using var world = await World.StartAsync();
        foreach (
            var filter in new[]
            {
                """{"action":"hang","site":"us3","count":1}""",
                """{"action":"hang","site":"us3.datadoghq.com","count":1}""",
                """{"action":"hang","org":"Demo US3","count":1}""",
                $$"""{"action":"hang","org":"{{world.OrgAt("US3").Id}}","count":1}""",
            }
        )
        {
            Assert.Equal(HttpStatusCode.OK, (await PostAsync(world, "/_sandbox/faults", filter)).Status);
        }

        Assert.Equal(4, world.State.Faults.All.Count);
    }

    [Theory]
    [InlineData("/actions/add-fault", "action=Hang&site=us2")]
    [InlineData("/actions/add-fault", "action=Hang&org=nobody")]
    [InlineData("/actions/hold", "site=us2")]
    public async Task ThePagesFormsAreHeldToTheSame(string path, string form)
    {
        await using var world = await World.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Sandbox.Pages, path))
        {
            Content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded"),
            Headers = { { "Origin", world.Sandbox.Pages.GetLeftPart(UriPartial.Authority) } },
        };

        Assert.Equal(HttpStatusCode.BadRequest, (await world.SendAsync(request)).Status);
        Assert.Empty(world.State.Faults.All);
    }

    private static Task<Reply> PostAsync(World world, string path, string body) =>
        world.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, new Uri(world.Sandbox.Pages, path))
            {
                Content = new StringContent(body, Encoding.UTF8, "application/json"),
            }
        );
}
