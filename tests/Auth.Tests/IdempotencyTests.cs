using System.Net;
using Microsoft.AspNetCore.Routing;
using Partner.Sandbox;

namespace Partner.Auth.Tests;

/// <summary><c>Idempotency-Key</c> on POSTs of the partner API.</summary>
public sealed class IdempotencyTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task TheSameRequestIsDoneOnceAndAnsweredTheSame()
    {
        var path = await NewKeysPathAsync();
        var call = new PartnerCall(HttpMethod.Post, path) { Key = NewKey(), Body = """{"strict":true}""" };

        var first = await call.SendAsync(world);
        var second = await call.SendAsync(world);
        // Another process of Auth knows it too.
        var third = await call.SendAsync(world, await world.StartAuthAsync());

        Assert.Equal((HttpStatusCode.Created, false), (first.Status, first.IsRepeated));
        Assert.Equal(first with { IsRepeated = true }, second);
        Assert.Equal(second, third);
        Assert.Single((await ListAsync(path))["ingest_keys"]!.AsArray());
    }

    [Fact]
    public async Task OfManyAtOnceOneIsDone()
    {
        var path = await NewKeysPathAsync();
        var call = new PartnerCall(HttpMethod.Post, path) { Key = NewKey(), Body = "{}" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => call.SendAsync(world)));

        Assert.Single((await ListAsync(path))["ingest_keys"]!.AsArray());
        Assert.Single(answers, a => a is { Status: HttpStatusCode.Created, IsRepeated: false });
        Assert.All(
            answers.Where(a => a.Status != HttpStatusCode.Created),
            a =>
                Assert.Equal((HttpStatusCode.Conflict, "idempotency-key-in-use", "1"), (a.Status, a.Type, a.RetryAfter))
        );
        Assert.Single(answers.Where(a => a.Status == HttpStatusCode.Created).Select(a => a.Text).Distinct());
    }

    [Fact]
    public async Task AnotherBodyIsRefused()
    {
        var call = new PartnerCall(HttpMethod.Post, await NewKeysPathAsync()) { Key = NewKey(), Body = "{}" };
        await call.SendAsync(world);

        var other = await (call with { Body = """{"strict":true}""" }).SendAsync(world);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency-key-reused"), (other.Status, other.Type));
        Assert.Single((await ListAsync(call.Path))["ingest_keys"]!.AsArray());
    }

    [Fact]
    public async Task OtherSpellingsOfAPathAreTheSamePath()
    {
        var path = await NewKeysPathAsync();
        var call = new PartnerCall(HttpMethod.Post, path) { Key = NewKey(), Body = "{}" };
        Assert.False((await call.SendAsync(world)).IsRepeated);

        foreach (
            var spelling in new[]
            {
                $"{path}/",
                path.Replace("/partner/", "/Partner/"),
                path.Replace("ingest-keys", "INGEST-KEYS/"),
            }
        )
        {
            Assert.True((await (call with { Path = spelling }).SendAsync(world)).IsRepeated, spelling);
        }

        Assert.Single((await ListAsync(path))["ingest_keys"]!.AsArray());
    }

    [Fact]
    [Trait("security", "43")]
    public async Task AKeyIsOfOneCredentialAndOnePath()
    {
        var (path, other) = (await NewKeysPathAsync(), await NewKeysPathAsync());
        var call = new PartnerCall(HttpMethod.Post, path) { Key = NewKey(), Body = "{}" };

        string[] made =
        [
            await KeyOfAsync(call),
            await KeyOfAsync(call with { Actor = "another" }),
            await KeyOfAsync(call with { Path = other }),
        ];

        Assert.Equal(3, made.Distinct().Count());
        Assert.Equal(made[0], await KeyOfAsync(call));
    }

    [Fact]
    [Trait("security", "32")]
    public async Task AStoredAnswerIsSealed()
    {
        var call = new PartnerCall(HttpMethod.Post, await NewKeysPathAsync())
        {
            Key = $"secret-looking-{NewKey()}",
            Body = "{}",
        };
        var key = await KeyOfAsync(call);

        Assert.Equal(
            0,
            await world.Database.ScalarAsync<long>(
                "SELECT count(*) FROM idempotency_keys k WHERE strpos(k::text, $1) > 0 OR position($2 IN k.answer) > 0 OR strpos(k::text, $3) > 0",
                key,
                System.Text.Encoding.ASCII.GetBytes(key),
                call.Key!
            )
        );
        // Opened for the request that it is of, and no other.
        var other = await NewKeysPathAsync();
        await world.Database.ExecuteAsync("UPDATE idempotency_keys SET path = $2 WHERE path = $1", call.Path, other);
        var moved = await (call with { Path = other }).SendAsync(world);
        Assert.Equal((HttpStatusCode.Conflict, "idempotency-answer-gone"), (moved.Status, moved.Type));
    }

    [Fact]
    public async Task AfterADayAKeyIsNewAgainAndOldOnesGo()
    {
        var call = new PartnerCall(HttpMethod.Post, await NewKeysPathAsync()) { Key = NewKey(), Body = "{}" };
        var first = await KeyOfAsync(call);
        await world.Database.ExecuteAsync(
            "UPDATE idempotency_keys SET expires_at = expires_at - interval '24 hours 1 second' WHERE path = $1",
            call.Path
        );

        Assert.NotEqual(first, await KeyOfAsync(call));

        await world.Database.ExecuteAsync(
            "UPDATE idempotency_keys SET expires_at = expires_at - interval '24 hours 1 second' WHERE path = $1",
            call.Path
        );
        await KeyOfAsync(call with { Key = NewKey() });
        Assert.Equal(
            1,
            await world.Database.ScalarAsync<long>("SELECT count(*) FROM idempotency_keys WHERE path = $1", call.Path)
        );
    }

    [Fact]
    public async Task ARequestWhoseProcessEndedIsDoneAgainWithTheSameBodyOnly()
    {
        var call = new PartnerCall(HttpMethod.Post, await NewKeysPathAsync()) { Key = NewKey(), Body = "{}" };
        await KeyOfAsync(call);
        await world.Database.ExecuteAsync("UPDATE idempotency_keys SET answer = NULL WHERE path = $1", call.Path);
        Assert.Equal("idempotency-key-in-use", (await call.SendAsync(world)).Type);

        await world.Database.ExecuteAsync(
            "UPDATE idempotency_keys SET claimed_until = now() - interval '1 second' WHERE path = $1",
            call.Path
        );
        Assert.Equal("idempotency-key-reused", (await (call with { Body = "{ }" }).SendAsync(world)).Type);
        Assert.Equal((HttpStatusCode.Created, false), await StatusAsync(call));
        Assert.Equal((HttpStatusCode.Created, true), await StatusAsync(call));
    }

    [Fact]
    public async Task ARefusalIsAnAnswerTooAndAFailureIsNot()
    {
        var refused = new PartnerCall(HttpMethod.Post, "/partner/v1/tenants") { Key = NewKey(), Body = "{}" };
        var first = await refused.SendAsync(world);
        Assert.Equal(HttpStatusCode.BadRequest, first.Status);
        Assert.Equal(first with { IsRepeated = true }, await refused.SendAsync(world));

        var failed = new PartnerCall(HttpMethod.Post, await NewKeysPathAsync()) { Key = NewKey(), Body = "{}" };
        await world.Database.ExecuteAsync("DELETE FROM feed");
        Assert.Equal(HttpStatusCode.InternalServerError, (await failed.SendAsync(world)).Status);
        await world.Database.ExecuteAsync(
            "INSERT INTO feed (version) SELECT coalesce(max(changed_version), 0) + 1 FROM ingest_keys"
        );
        Assert.Equal((HttpStatusCode.Created, false), await StatusAsync(failed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("tab\there")]
    public async Task AKeyThatIsNoneIsRefused(string key)
    {
        var answer = await new PartnerCall(HttpMethod.Post, "/partner/v1/tenants") { Key = key, Body = "{}" }.SendAsync(
            world
        );

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-idempotency-key"), (answer.Status, answer.Type));
    }

    [Fact]
    public void EveryPostOfThePartnerApiTakesTheKey()
    {
        var posts = world
            .Auth.Get<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(e =>
                e.RoutePattern.RawText!.StartsWith("/partner/", StringComparison.Ordinal)
                && e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains("POST")
            )
            .ToArray();

        Assert.NotEmpty(posts);
        Assert.All(posts, post => Assert.NotNull(post.Metadata.GetMetadata<PartnerEndpoint>()));
    }

    private static string NewKey() => Guid.CreateVersion7().ToString();

    private async Task<string> NewKeysPathAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(tenant, org);
        return $"/partner/v1/connections/{(await world.Auth.ConnectionAsync(tenant))["id"]}/ingest-keys";
    }

    private async Task<string> KeyOfAsync(PartnerCall call) =>
        (await call.SendAsync(world)).Body!["key"]!.GetValue<string>();

    private async Task<(HttpStatusCode Status, bool IsRepeated)> StatusAsync(PartnerCall call)
    {
        var answer = await call.SendAsync(world);
        return (answer.Status, answer.IsRepeated);
    }

    private async Task<System.Text.Json.Nodes.JsonNode> ListAsync(string path) =>
        (await world.Auth.PartnerAsync(HttpMethod.Get, path)).Body!;
}
