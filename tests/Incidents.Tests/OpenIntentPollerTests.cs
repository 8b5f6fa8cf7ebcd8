using System.Net;
using System.Text.Json.Nodes;
using Partner.Testing;

namespace Partner.Incidents.Tests;

/// <summary>A lost answer is found out though nobody asks again, and finding it out makes nothing.</summary>
public sealed class OpenIntentPollerTests(IncidentsDatabase database) : IClassFixture<IncidentsDatabase>
{
    private const string Create = "/api/v2/incidents";
    private const string Body =
        """{"data":{"type":"incidents","attributes":{"title":"Down","customer_impacted":false}}}""";
    private const string ImpactBody =
        """{"data":{"type":"incident_impacts","attributes":{"description":"Nobody can pay"}}}""";

    private static readonly string Impacts = $"/api/v2/incidents/{Guid.CreateVersion7()}/impacts";
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(61);

    private readonly FakeDatadog _datadog = new();

    public static TheoryData<string, string> Creating =>
        new()
        {
            { Create, Body },
            { "/api/v2/incidents/import", Body },
            { Impacts, ImpactBody },
        };

    [Theory]
    [MemberData(nameof(Creating))]
    public async Task WhatWasMadeIsFoundThoughNobodyAsksAgain(string path, string body)
    {
        await using var host = await StartAsync();
        await LoseAsync(host, Fault.LostAfter, path, body);
        Assert.Equal(0, await host.LookAsync());
        await database.LetPassAsync(host.Connection, Settled);
        Assert.Equal(1, await host.LookAsync());
        Assert.Equal((1, 1, 0, 0, "flowing"), await CountAsync(host));
        Assert.Equal(0, await host.LookAsync());
        Assert.Single(_datadog.Writes);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("key")]
    public async Task WhoSendsItAgainAfterItWasFoundGetsItAndNoSecondIsMade(string? key)
    {
        await using var host = await StartAsync();
        await LoseAsync(host, Fault.LostAfter, key: key);
        await database.LetPassAsync(host.Connection, Settled);
        await host.LookAsync();
        var reply = await host.PostAsync(Create, Body, key);
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Incidents))), (reply.Status, IdOf(reply)));
        // Now it has its answer: without a key the next is meant to be another.
        await host.PostAsync(Create, Body, key);
        Assert.Equal(key is null ? 2 : 1, _datadog.Incidents.Count);
    }

    [Fact]
    public async Task AnEqualRequestHoursLaterIsAnotherThoughTheOldOneWasLookedForMeanwhile()
    {
        await using var host = await StartAsync();
        await LoseAsync(host, Fault.LostAfter);
        _datadog.HasGrant = false;
        for (var i = 0; i < 3; i++)
        {
            await database.LetPassAsync(host.Connection, TimeSpan.FromHours(1));
            Assert.Equal(1, await host.LookAsync());
        }

        _datadog.HasGrant = true;
        await host.PostAsync(Create, Body);
        Assert.Equal(2, _datadog.Incidents.Count);
    }

    [Fact]
    public async Task WhatWasNotMadeIsSaidAndOnlyItsCallerMakesIt()
    {
        await using var host = await StartAsync();
        await LoseAsync(host, Fault.LostBefore);
        await database.LetPassAsync(host.Connection, Settled);
        Assert.Equal(1, await host.LookAsync());
        Assert.Equal((1, 0, 0, 1, "flowing"), await CountAsync(host));
        var letter = await DeadLetterAsync(host);
        Assert.Equal(
            (
                "not_done",
                $"Datadog's answer was lost, and nothing there bears {Marker()}: it was not done. Send it again."
            ),
            (letter["reason"]!.GetValue<string>(), letter["detail"]!.GetValue<string>())
        );
        await database.LetPassAsync(host.Connection, Settled);
        Assert.Equal(0, await host.LookAsync());
        Assert.Single(_datadog.Writes);

        var reply = await host.PostAsync(Create, Body);
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Incidents))), (reply.Status, IdOf(reply)));
        Assert.Equal((1, 1, 0, 0, "flowing"), await CountAsync(host));
    }

    [Fact]
    public async Task WhatIsSearchableLaterThanExpectedIsLookedForOnceMoreBeforeItIsMadeAgain()
    {
        await using var host = await StartAsync();
        await LoseAsync(host, Fault.LostAfter);
        _datadog.IsSearchable = false;
        await database.LetPassAsync(host.Connection, Settled);
        await host.LookAsync();
        Assert.Equal((1, 0, 0, 1, "flowing"), await CountAsync(host));
        _datadog.IsSearchable = true;
        var reply = await host.PostAsync(Create, Body);
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Incidents))), (reply.Status, IdOf(reply)));
        Assert.Single(_datadog.Writes);
    }

    [Fact]
    public async Task WhatIsMadeAgainAndLostAgainIsLookedForAgain()
    {
        await using var host = await StartAsync();
        await LoseAsync(host, Fault.LostBefore);
        await database.LetPassAsync(host.Connection, Settled);
        await host.LookAsync();
        await LoseAsync(host, Fault.LostAfter);
        Assert.Equal(0, await host.LookAsync());
        await database.LetPassAsync(host.Connection, Settled);
        Assert.Equal(1, await host.LookAsync());
        Assert.Equal((1, 1, 0, 0, "flowing"), await CountAsync(host));
        Assert.Single(_datadog.Incidents);
    }

    [Fact]
    public async Task WithoutTheScopeToLookItStaysUnknownAndIsFoundWhenTheScopeIsGranted()
    {
        await using var host = await StartAsync();
        _datadog.MayRead = false;
        await LoseAsync(host, Fault.LostAfter);
        await database.LetPassAsync(host.Connection, Settled);
        Assert.Equal(1, await host.LookAsync());
        Assert.Equal((1, 0, 0, 1, "unknown"), await CountAsync(host));
        Assert.Contains("the grant lacks incident_read", await host.GetAsync("deliveries"), StringComparison.Ordinal);
        var letter = await DeadLetterAsync(host);
        Assert.Equal(
            ("unknown", $"Datadog's answer was lost. If it was done, it bears {Marker()}."),
            (letter["reason"]!.GetValue<string>(), letter["detail"]!.GetValue<string>())
        );
        Assert.Equal(0, await host.LookAsync());

        _datadog.MayRead = true;
        await database.LetPassAsync(host.Connection, Settled);
        Assert.Equal(1, await host.LookAsync());
        Assert.Equal((1, 1, 0, 0, "flowing"), await CountAsync(host));
        Assert.Single(_datadog.Writes);
    }

    [Fact]
    public async Task WhatCannotBeAskedNowIsAskedLaterAndLessAndLessOftenAndAtLastNoMore()
    {
        await using var host = await StartAsync();
        await LoseAsync(host, Fault.LostAfter);
        _datadog.OnRead = () => throw new HttpRequestException(HttpRequestError.ConnectionError);
        foreach (var (minutes, due) in new[] { (2, 1), (2, 1), (1, 0), (2, 1), (3, 0), (2, 1), (60 * 24, 0) })
        {
            await database.LetPassAsync(host.Connection, TimeSpan.FromMinutes(minutes));
            Assert.Equal(due, await host.LookAsync());
        }

        Assert.Equal((1, 0, 0, 1, "flowing"), await CountAsync(host));
        Assert.Equal("unknown", (await DeadLetterAsync(host))["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task WhileItIsLookedForItsCallerWaitsAndNothingIsMade()
    {
        await using var host = await StartAsync();
        await LoseAsync(host, Fault.LostBefore);
        await database.LetPassAsync(host.Connection, Settled);
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        _datadog.OnRead = () =>
        {
            asked.TrySetResult();
            return release.Task;
        };
        var looking = host.LookAsync();
        await Until.DoneAsync(asked.Task);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.PostAsync(Create, Body)).Status);
        Assert.Equal(0, await host.LookAsync());
        release.SetResult();
        Assert.Equal(1, await looking);
        Assert.Single(_datadog.Writes);
    }

    [Fact]
    public async Task WhatOneProcessWasLookingForWhenItDiedAnotherFinds()
    {
        // Due again long before the lease is over: it is the lease that keeps others away.
        var often = new Dictionary<string, string?> { ["Incidents:LookDelay"] = "00:00:01" };
        var first = await IncidentsHost.StartAsync(database.Database, _datadog, settings: often);
        await LoseAsync(first, Fault.LostAfter);
        await database.LetPassAsync(first.Connection, Settled);
        var (asked, never) = (new TaskCompletionSource(), new TaskCompletionSource());
        _datadog.OnRead = () =>
        {
            asked.TrySetResult();
            return never.Task;
        };
        _ = first.LookAsync();
        await Until.DoneAsync(asked.Task);
        await first.KillAsync();

        _datadog.OnRead = () => Task.CompletedTask;
        await using var second = await IncidentsHost.StartAsync(database.Database, _datadog, first.Connection, often);
        await database.LetPassAsync(first.Connection, TimeSpan.FromSeconds(5));
        Assert.Equal(0, await second.LookAsync());
        await database.LetPassAsync(first.Connection, Settled);
        Assert.Equal(1, await second.LookAsync());
        Assert.Equal((1, 1, 0, 0, "flowing"), await CountAsync(second));
        Assert.Single(_datadog.Writes);
    }

    [Fact]
    public async Task AnUpdateIsNotLookedFor()
    {
        await using var host = await StartAsync();
        _datadog.FailOnce(Fault.LostAfter);
        await host.SendAsync(HttpMethod.Patch, $"/api/v2/incidents/{Guid.CreateVersion7()}", Body);
        await database.LetPassAsync(host.Connection, TimeSpan.FromHours(1));
        Assert.Equal(0, await host.LookAsync());
        Assert.Equal(
            "Datadog's answer was lost. It may be sent again: it sets the same values.",
            (await DeadLetterAsync(host))["detail"]!.GetValue<string>()
        );
    }

    private async Task LoseAsync(
        IncidentsHost host,
        Fault fault,
        string path = Create,
        string body = Body,
        string? key = null
    )
    {
        // What is searchable at once would be found at once.
        _datadog.IsSearchable = false;
        _datadog.FailOnce(fault);
        var reply = await host.PostAsync(path, body, key);
        Assert.NotEqual(HttpStatusCode.Created, reply.Status);
        _datadog.IsSearchable = true;
    }

    private string Marker() =>
        JsonNode.Parse(_datadog.Writes.First().Body!)!["data"]!["attributes"]!["title"]!.GetValue<string>()[
            "Down [".Length..^1
        ];

    private static async Task<(int Accepted, int Delivered, int Backlog, int DeadLetters, string State)> CountAsync(
        IncidentsHost host
    )
    {
        var view = JsonNode.Parse(await host.GetAsync("deliveries"))!;
        return (
            view["accepted"]!.GetValue<int>(),
            view["delivered"]!.GetValue<int>(),
            view["backlog"]!["items"]!.GetValue<int>(),
            view["dead_letters"]!.GetValue<int>(),
            view["state"]!.GetValue<string>()
        );
    }

    private static async Task<JsonNode> DeadLetterAsync(IncidentsHost host) =>
        Assert.Single(JsonNode.Parse(await host.GetAsync("dead-letters"))!["dead_letters"]!.AsArray())!;

    private static string IdOf(JsonObject item) => item["id"]!.GetValue<string>();

    private static string IdOf(Reply reply) => JsonNode.Parse(reply.Body)!["data"]!["id"]!.GetValue<string>();

    private Task<IncidentsHost> StartAsync() => IncidentsHost.StartAsync(database.Database, _datadog);
}
