using System.Net;
using System.Text.Json.Nodes;
using Partner.Testing;

namespace Partner.Incidents.Tests;

/// <summary>A lost answer never makes a second incident.</summary>
public sealed class LostAnswerTests(IncidentsDatabase database) : IClassFixture<IncidentsDatabase>
{
    private const string Create = "/api/v2/incidents";
    private const string Import = "/api/v2/incidents/import";
    private const string Body =
        """{"data":{"type":"incidents","attributes":{"title":"Down","customer_impacted":false}}}""";

    private static readonly string Impacts = $"/api/v2/incidents/{Guid.CreateVersion7()}/impacts";

    private readonly FakeDatadog _datadog = new();

    [Theory]
    [InlineData(Create, "LostAfter")]
    [InlineData(Create, "UnavailableAfter")]
    [InlineData(Import, "LostAfter")]
    public async Task WhatWasMadeIsFoundAndAnswered(string path, string fault)
    {
        await using var host = await StartAsync();
        _datadog.FailOnce(Enum.Parse<Fault>(fault));
        var reply = await host.PostAsync(path, Body);
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Incidents))), (reply.Status, IdOf(reply)));
        Assert.Single(_datadog.Writes);
    }

    [Fact]
    public async Task WhatWasMadeIsFoundThoughDatadogsAnswerHasHalfOfASurrogatePair()
    {
        await using var host = await StartAsync();
        _datadog.OddMembers = """
            "\ud83d":"\ude00",
            """;
        _datadog.FailOnce(Fault.LostAfter);
        Assert.Equal(HttpStatusCode.Created, (await host.PostAsync(Create, Body)).Status);
        _datadog.FailOnce(Fault.LostAfter);
        var reply = await host.PostAsync(
            Impacts,
            """{"data":{"type":"incident_impacts","attributes":{"description":"Nobody can pay"}}}"""
        );
        Assert.Equal(HttpStatusCode.Created, reply.Status);
        Assert.Equal(2, _datadog.Writes.Count());
    }

    [Theory]
    [InlineData("\"data\":1,")]
    [InlineData("\"id\":1,\"attributes\":2,")]
    public async Task AnAnswerOfAnotherShapeIsNoAnswerAndNothingIsMadeAgain(string members)
    {
        await using var host = await StartAsync();
        _datadog.OddMembers = members;
        _datadog.FailOnce(Fault.LostAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.PostAsync(Create, Body)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.PostAsync(Create, Body)).Status);
        Assert.Single(_datadog.Writes);
    }

    [Fact]
    public async Task WhatOnlyFacetsFindIsFound()
    {
        await using var host = await StartAsync();
        await host.PostAsync(Create, """{"data":{"attributes":{"title":"Another"}}}""");
        _datadog.FindsWords = false;
        _datadog.FailOnce(Fault.LostAfter);
        var reply = await host.PostAsync(Create, Body);
        Assert.Equal((HttpStatusCode.Created, IdOf(_datadog.Incidents[1])), (reply.Status, IdOf(reply)));
        Assert.Equal(2, _datadog.Incidents.Count);
    }

    [Fact]
    public async Task AnImpactIsFoundAmongTheIncidentsImpacts()
    {
        await using var host = await StartAsync();
        _datadog.FailOnce(Fault.LostAfter);
        var reply = await host.PostAsync(
            Impacts,
            """{"data":{"type":"incident_impacts","attributes":{"description":"Nobody can pay"}}}"""
        );
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Impacts))), (reply.Status, IdOf(reply)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("key")]
    public async Task WhatIsNotSearchableYetIsLookedForAgainAndNotMadeAgain(string? key)
    {
        await using var host = await StartAsync();
        _datadog.IsSearchable = false;
        _datadog.FailOnce(Fault.LostAfter);
        for (var i = 0; i < 3; i++)
        {
            var unknown = await host.PostAsync(Create, Body, key);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.Status);
            Assert.NotNull(unknown.Headers.RetryAfter);
        }

        _datadog.IsSearchable = true;
        await database.LetPassAsync(host.Connection, TimeSpan.FromMinutes(5));
        var reply = await host.PostAsync(Create, Body, key);
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Incidents))), (reply.Status, IdOf(reply)));
        Assert.Single(_datadog.Writes);
    }

    [Fact]
    public async Task WhatWasNeverMadeIsMadeOnceTheSearchProvesIt()
    {
        await using var host = await StartAsync();
        _datadog.FailOnce(Fault.LostBefore);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.PostAsync(Create, Body)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.PostAsync(Create, Body)).Status);
        await database.LetPassAsync(host.Connection, TimeSpan.FromSeconds(61));
        var reply = await host.PostAsync(Create, Body);
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Incidents))), (reply.Status, IdOf(reply)));
        Assert.Equal(2, _datadog.Writes.Count());
        Assert.Single(_datadog.Writes.Select(c => c.Body).Distinct());
    }

    [Fact]
    public async Task ARefusalAfterALostAnswerDoesNotForgetIt()
    {
        await using var host = await StartAsync();
        _datadog.IsSearchable = false;
        _datadog.FailOnce(Fault.LostAfter);
        await host.PostAsync(Create, Body);
        await database.LetPassAsync(host.Connection, TimeSpan.FromSeconds(61));
        _datadog.Refuse = () => new HttpResponseMessage(HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.PostAsync(Create, Body)).Status);
        (_datadog.Refuse, _datadog.IsSearchable) = (() => null, true);
        var reply = await host.PostAsync(Create, Body);
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Incidents))), (reply.Status, IdOf(reply)));
    }

    [Fact]
    public async Task WithoutTheScopeToLookTheCallerIsToldAndNothingIsMadeAgain()
    {
        await using var host = await StartAsync();
        _datadog.MayRead = false;
        _datadog.FailOnce(Fault.LostAfter);
        var marker = "";
        for (var i = 0; i < 2; i++)
        {
            var reply = await host.PostAsync(Create, Body);
            marker = _datadog.Incidents[0]["attributes"]!["title"]!.GetValue<string>()["Down [".Length..^1];
            Assert.Equal(
                (
                    HttpStatusCode.Conflict,
                    $$"""{"errors":["Whether this was done is unknown, and the grant lacks incident_read. Look for {{marker}} in Datadog before sending it anew."]}"""
                ),
                (reply.Status, reply.Body)
            );
            await database.LetPassAsync(host.Connection, TimeSpan.FromMinutes(2));
        }

        Assert.Single(_datadog.Writes);
        await database.LetPassAsync(host.Connection, TimeSpan.FromHours(1));
        var letters = JsonNode.Parse(await host.GetAsync("dead-letters"))!["dead_letters"]!.AsArray();
        Assert.Equal(
            $"Datadog's answer was lost. If it was done, it bears {marker}.",
            Assert.Single(letters)!["detail"]!.GetValue<string>()
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACrashBetweenIntentAndAnswerMakesNoSecond(bool done)
    {
        var called = new TaskCompletionSource();
        var never = new TaskCompletionSource<Fault>();
        _datadog.OnWrite = call =>
        {
            if (done)
            {
                _datadog.Do(call, new Uri("https://api.datadoghq.eu" + call.PathAndQuery)).Dispose();
            }

            called.SetResult();
            return never.Task;
        };
        var first = await StartAsync();
        var hanging = first.PostAsync(Create, Body);
        await Until.DoneAsync(called.Task);
        await first.KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => hanging);

        _datadog.OnWrite = _ => Task.FromResult(Fault.None);
        await using var second = await IncidentsHost.StartAsync(database.Database, _datadog, first.Connection);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await second.PostAsync(Create, Body)).Status);
        await database.LetPassAsync(first.Connection, TimeSpan.FromSeconds(90));
        var reply = await second.PostAsync(Create, Body);
        Assert.Equal((HttpStatusCode.Created, IdOf(Assert.Single(_datadog.Incidents))), (reply.Status, IdOf(reply)));
        Assert.Equal(done ? 1 : 2, _datadog.Writes.Count());
    }

    [Fact]
    public async Task AnUpdateWithoutAnAnswerIsSimplySentAgain()
    {
        await using var host = await StartAsync();
        var path = $"/api/v2/incidents/{Guid.CreateVersion7()}";
        _datadog.FailOnce(Fault.LostAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.SendAsync(HttpMethod.Patch, path, Body)).Status);
        var reply = await host.SendAsync(HttpMethod.Patch, path, Body);
        Assert.Equal((HttpStatusCode.OK, Body), (reply.Status, reply.Body));
        Assert.Equal([Body, Body], _datadog.Writes.Select(c => c.Body));
    }

    private Task<IncidentsHost> StartAsync() => IncidentsHost.StartAsync(database.Database, _datadog);

    private static string IdOf(JsonObject item) => item["id"]!.GetValue<string>();

    private static string IdOf(Reply reply) => JsonNode.Parse(reply.Body)!["data"]!["id"]!.GetValue<string>();
}
