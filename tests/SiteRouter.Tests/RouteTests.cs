using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Partner.Contracts;

namespace Partner.SiteRouter.Tests;

public sealed class RouteTests(RunningSiteRouter router)
{
    [Fact]
    public async Task AConnectionIsRoutedToTheHostsOfItsSite()
    {
        var connection = router.Connect("us3.datadoghq.com", ConnectionState.Degraded);
        using var response = await router.GetRouteAsync(connection);
        Assert.Equal(
            $$$"""
            {"connection":"{{{connection}}}","site":"us3.datadoghq.com","state":"degraded","hosts":{
            "Api":"api.us3.datadoghq.com",
            "Events":"event-management-intake.us3.datadoghq.com",
            "Logs":"http-intake.logs.us3.datadoghq.com",
            "Otlp":"otlp.us3.datadoghq.com",
            "Spans":"trace.browser-intake-us3-datadoghq.com",
            "Traces":"trace.agent.us3.datadoghq.com"}}
            """.ReplaceLineEndings(""),
            Sorted(await response.Content.ReadFromJsonAsync<ConnectionRoute>())
        );
    }

    [Fact]
    public async Task AnUnknownConnectionIsNotFound()
    {
        using var response = await router.GetRouteAsync(ConnectionId.New());
        await IsProblemAsync(response, HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task AConnectionWithoutASiteIsAConflictUntilItHasOne()
    {
        var connection = router.Connect(site: null, ConnectionState.Pending);
        using var before = await router.GetRouteAsync(connection);
        await IsProblemAsync(before, HttpStatusCode.Conflict, "no-site");
        router.Connections[connection] = router.Connections[connection] with { Site = "datadoghq.eu" };
        using var after = await router.GetRouteAsync(connection);
        Assert.Equal("datadoghq.eu", (await after.Content.ReadFromJsonAsync<ConnectionRoute>())!.Site);
    }

    [Theory]
    [Trait("security", "28")]
    [Trait("fault", "F33")]
    [InlineData("evil.tld")]
    [InlineData("us4.datadoghq.com")]
    [InlineData("US3.datadoghq.com")]
    [InlineData("us3.datadoghq.com.")]
    [InlineData("us3.datadoghq.com.evil.tld")]
    [InlineData("api.us3.datadoghq.com")]
    [InlineData("ddog-gov.com")]
    [InlineData("")]
    public async Task ASiteThatIsNotInTheRegistryHasNoHosts(string site)
    {
        using var response = await router.GetRouteAsync(router.Connect(site));
        await IsProblemAsync(response, HttpStatusCode.Conflict, "unknown-site");
    }

    [Theory]
    [InlineData("us3.datadoghq.com")]
    [InlineData("con_1")]
    [InlineData("ten_0197c0de000070008000000000000001")]
    public async Task AMalformedIdIsABadRequest(string connection)
    {
        using var response = await router.GetRouteAsync(
            connection,
            router.Logs.TokenFor("site-router", new(connection))
        );
        await IsProblemAsync(response, HttpStatusCode.BadRequest, "bad-request");
    }

    [Fact]
    public async Task WithoutAuthAConnectionNeverSeenIsUnavailable()
    {
        var connection = router.Connect("datadoghq.com");
        router.Failing[connection] = 1;
        using var response = await router.GetRouteAsync(connection);
        await IsProblemAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.Equal("5", response.Headers.RetryAfter?.ToString());
    }

    [Fact]
    [Trait("security", "44")]
    public async Task ATokenForAnotherServiceIsRefused()
    {
        var connection = router.Connect("datadoghq.com");
        using var response = await router.GetRouteAsync(
            connection.Text,
            router.Logs.TokenFor("auth", new(connection.Text))
        );
        await IsProblemAsync(response, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    [Trait("security", "44")]
    public async Task NoTokenIsRefused()
    {
        using var response = await router.GetRouteAsync(router.Connect("datadoghq.com").Text, token: null);
        await IsProblemAsync(response, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [Trait("security", "44")]
    [InlineData("other")]
    [InlineData(null)]
    public async Task ATokenForAnotherConnectionOrNoneIsRefused(string? claim)
    {
        var claimed = claim is null ? null : router.Connect("datadoghq.com").Text;
        using var response = await router.GetRouteAsync(
            router.Connect("datadoghq.com").Text,
            router.Logs.TokenFor("site-router", new(claimed))
        );
        await IsProblemAsync(response, HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    [Trait("security", "44")]
    public async Task ACallerWithoutThePermissionIsRefused()
    {
        var connection = router.Connect("datadoghq.com");
        using var response = await router.GetRouteAsync(
            connection.Text,
            router.Gateway.TokenFor("site-router", new(connection.Text))
        );
        await IsProblemAsync(response, HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task HealthNeedsNoToken()
    {
        using var response = await router.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task IsProblemAsync(HttpResponseMessage response, HttpStatusCode status, string type)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            (type, (int)status),
            (problem.GetProperty("type").GetString(), problem.GetProperty("status").GetInt32())
        );
    }

    private static string Sorted(ConnectionRoute? route) =>
        JsonSerializer.Serialize(
            route! with
            {
                Hosts = new SortedDictionary<string, string>(route.Hosts.ToDictionary()),
            },
            JsonSerializerOptions.Web
        );
}
