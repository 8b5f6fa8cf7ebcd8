using Microsoft.AspNetCore.Http;

namespace Partner.SiteRouter.Tests.Datadog;

public sealed class DatadogForwarderRefusalTests(FakeWorld world) : IClassFixture<FakeWorld>
{
    [Theory]
    [InlineData(2)]
    [InlineData(300_000)]
    public async Task AReadHasNoBody(int length)
    {
        Answer(_ => throw new InvalidOperationException());
        var reply = await world.Router.SendAsync(
            world.Connect("monitors_read"),
            HttpMethod.Get,
            "/api/v1/monitor",
            "{}".PadRight(length)
        );
        Assert.Equal((400, "bad-request"), reply.Problem);
    }

    [Theory]
    [InlineData("?api_key=0123456789abcdef0123456789abcdef")]
    [InlineData("?access_token=x")]
    [InlineData("?%61pplication_key=x")]
    [Trait("security", "30")]
    public async Task ACredentialInTheQueryDoesNotLeave(string query)
    {
        var asked = 0;
        Answer(_ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        var reply = await world.Router.SendAsync(
            world.Connect("monitors_read"),
            HttpMethod.Get,
            $"/api/v1/monitor{query}"
        );
        Assert.Equal(((400, "bad-target"), 0), (reply.Problem, asked));
        var walk = await world.Router.SendAsync(
            world.Connect("monitors_read"),
            HttpMethod.Get,
            $"/api/v1/monitor{query}&all=true"
        );
        Assert.Equal(((400, "bad-target"), 0), (walk.Problem, asked));
    }

    [Theory]
    [InlineData("GET", "/api/v1/monitor/1", 503, "unavailable")]
    [InlineData("POST", "/api/v2/logs/events/search", 503, "unavailable")]
    [InlineData("POST", "/api/v1/monitor", 502, "outcome-unknown")]
    public async Task ALostAnswerIsTriedAgainByTheCallerOnlyWhereNothingWasChanged(
        string method,
        string path,
        int status,
        string type
    )
    {
        Answer(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var connection = world.Connect("monitors_read", "monitors_write", "logs_read_data");
        var reply = await world.Router.SendAsync(
            connection,
            new HttpMethod(method),
            path,
            method == "GET" ? null : "{}"
        );
        Assert.Equal((status, type), reply.Problem);
        Assert.Equal(status == 503, reply.Headers.ContainsKey("Retry-After"));
    }

    [Fact]
    public async Task WithoutAGrantTheCustomerHasToAuthoriseAgain()
    {
        var connection = world.Connect("monitors_read");
        world.Router.Tokens.TryRemove(connection, out _);
        foreach (var path in new[] { "/api/v1/monitor", "/api/v1/monitor?all=true" })
        {
            Assert.Equal(
                (409, "reauthorize"),
                (await world.Router.SendAsync(connection, HttpMethod.Get, path)).Problem
            );
        }
    }

    [Fact]
    [Trait("security", "28")]
    public async Task ATokenNeverGoesToTheSiteThatSomebodyWroteIntoTheRow()
    {
        var asked = 0;
        Answer(_ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        var connection = world.Connect("monitors_read");
        // The token is of US5, as auth sealed it; the row says something else now.
        foreach (var site in new[] { "us3.datadoghq.com", "datadoghq.eu", "ddog-gov.com", "evil.tld" })
        {
            world.Router.Connections[connection] = world.Router.Connections[connection] with { Site = site };
            foreach (var path in new[] { "/api/v1/monitor", "/api/v1/monitor?all=true" })
            {
                var (status, type) = (await world.Router.SendAsync(connection, HttpMethod.Get, path)).Problem;
                Assert.Equal(
                    (409, site is "ddog-gov.com" or "evil.tld" ? "unknown-site" : "site-changed"),
                    (status, type)
                );
            }
        }

        Assert.Equal(0, asked);
    }

    [Fact]
    [Trait("security", "44")]
    public async Task WhoIsNotTheGatewayIsRefused()
    {
        var connection = world.Connect("monitors_read");
        using var nobody = new HttpRequestMessage(
            HttpMethod.Get,
            $"/partner/v1/connections/{connection}/datadog/api/v1/monitor"
        );
        Assert.Equal((401, "unauthenticated"), (await world.Router.SendAsync(nobody)).Problem);
        using var roleless = world.Router.Request(connection, HttpMethod.Get, "/api/v1/monitor", role: null);
        Assert.Equal((403, "role"), (await world.Router.SendAsync(roleless)).Problem);
    }

    [Fact]
    [Trait("security", "29")]
    public async Task NeitherTokenNorQueryIsLogged()
    {
        Answer(context => context.Response.WriteAsync("[]"));
        var connection = world.Router.Connect("canary-of-a-token", scopes: "monitors_read");
        await world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor?name=canary-of-a-query");
        Answer(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor?name=canary-of-a-query");
        Assert.DoesNotContain("canary-of-a-token", world.Router.Logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            world.Router.Logs.Text.Split('\n'),
            line =>
                line.Contains("canary-of-a-query", StringComparison.Ordinal)
                && line.Contains("datadoghq", StringComparison.Ordinal)
        );
    }

    private void Answer(RequestDelegate answer) => world.Datadog.Answer = context => answer(context);
}
