using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Egress;
using Partner.SiteRouter.Datadog;

namespace Partner.SiteRouter.Tests.Datadog;

public sealed class AllowListTests
{
    private const string Uuid = "0197c0de-0000-7000-8000-000000000001";
    private static readonly ConnectionId Connection = ConnectionId.New();
    private static readonly AllowList BuiltIn = new(EndpointRow.BuiltIn());
    private static readonly SiteRegistry Sites = SiteRegistry.BuiltIn(SiteRealm.Commercial);

    [Fact]
    public void TheBuiltInRowsKeepToTheRules()
    {
        Assert.Empty(EndpointRow.BuiltIn().SelectMany(EndpointRules.Broken));
        Assert.Equal(
            [PagingStyle.Page, PagingStyle.Offset, PagingStyle.Cursor, PagingStyle.BodyCursor],
            BuiltIn.Endpoints.Select(e => e.Paging?.Style).OfType<PagingStyle>().Distinct().Order()
        );
    }

    [Theory]
    [InlineData("GET", "/api/v1/monitor", "monitors_read")]
    [InlineData("HEAD", "/api/v1/monitor", "monitors_read")]
    [InlineData("GET", "/api/v1/monitor/123", "monitors_read")]
    [InlineData("POST", "/api/v1/monitor/validate", "monitors_read")]
    [InlineData("POST", "/api/v1/monitor", "monitors_write")]
    [InlineData("DELETE", "/api/v1/monitor/123", "monitors_write")]
    [InlineData("GET", "/api/v1/dashboard/abc-def-ghi", "dashboards_read")]
    [InlineData("GET", "/api/v1/dashboard/lists/manual", "dashboards_read")]
    [InlineData("GET", "/api/v1/metrics/system.load.1", "metrics_read")]
    [InlineData("GET", "/api/v1/query", "timeseries_query")]
    [InlineData("POST", "/api/v2/logs/events/search", "logs_read_data")]
    [InlineData("GET", "/api/v2/usage/estimated_cost", "usage_read,billing_read")]
    public void AKnownEndpointNeedsItsScopes(string method, string path, string scopes)
    {
        var needed = scopes.Split(',');
        Assert.IsType<CallDecision.Go>(Decide(method, path, needed));
        foreach (var scope in needed)
        {
            var refused = Assert.IsType<CallDecision.Refuse>(
                Decide(method, path, [.. needed.Except([scope]), "another_scope"])
            );
            Assert.Equal((403, "scope-missing"), (refused.Problem.Status, refused.Problem.Type));
            Assert.Equal([scope], refused.Problem.Scopes);
        }
    }

    [Theory]
    [InlineData("GET", "/api/v1/monitor/12a")]
    [InlineData("GET", "/api/v1/monitor/templates")]
    [InlineData("GET", "/api/v1/dashboard/public")]
    [InlineData("GET", "/api/v1/dashboard/lists")]
    [InlineData("GET", "/API/v1/monitor")]
    [InlineData("GET", "/api/v1/Monitor")]
    [InlineData("GET", "/api/v1")]
    [InlineData("GET", "/api/v3/monitor")]
    [InlineData("GET", "/api/v2/api_keys")]
    [InlineData("POST", "/api/v2/api_keys/marketplace")]
    [InlineData("POST", "/oauth2/v1/token")]
    [InlineData("POST", "/oauth2/v1/revoke")]
    [InlineData("GET", "/oauth2/v1/authorize")]
    [InlineData("POST", "/api/v2/series")]
    [InlineData("POST", "/api/v2/logs")]
    [InlineData("GET", "/api/v1/validate")]
    [InlineData("GET", "/api/v2/users/" + Uuid + "/permissions")]
    [InlineData("GET", "/api/v1/monitor/123/extra")]
    public void WhatIsNotListedIsUnknownWhateverIsGranted(string method, string path) =>
        Refuses(Decide(method, path, null), 404, "unknown-endpoint");

    [Theory]
    [InlineData("POST", "/api/v2/incidents", "GET")]
    [InlineData("PATCH", "/api/v2/incidents/" + Uuid, "GET")]
    [InlineData("DELETE", "/api/v1/monitor", "GET, POST")]
    [InlineData("GET", "/api/v1/monitor/validate", "POST")]
    [InlineData("TRACE", "/api/v1/monitor", "GET, POST")]
    [InlineData("CONNECT", "/api/v1/monitor", "GET, POST")]
    [InlineData("get", "/api/v1/monitor", "GET, POST")]
    [InlineData("HEAD", "/api/v2/logs/events/search", "POST")]
    public void AKnownPathWithAnotherMethodIsRefused(string method, string path, string allow)
    {
        var refused = Refuses(Decide(method, path, null), 405, "method-not-allowed");
        Assert.Equal(allow, refused.Allow);
    }

    [Theory]
    [InlineData("GET", "/api/v1/monitor", true)]
    [InlineData("HEAD", "/api/v1/monitor", true)]
    [InlineData("POST", "/api/v2/logs/events/search", true)]
    [InlineData("POST", "/api/v2/query/timeseries", true)]
    [InlineData("POST", "/api/v1/monitor/validate", true)]
    [InlineData("POST", "/api/v1/monitor", false)]
    [InlineData("PUT", "/api/v1/monitor/1", false)]
    [InlineData("DELETE", "/api/v1/monitor/1", false)]
    [InlineData("PATCH", "/api/v2/downtime/" + Uuid, false)]
    public void AReaderReadsAndAManagerEdits(string method, string path, bool reads)
    {
        var decision = Decide(method, path, null, "read");
        if (reads)
        {
            Assert.IsType<CallDecision.Go>(decision);
        }
        else
        {
            Refuses(decision, 403, "role");
        }

        Assert.IsType<CallDecision.Go>(Decide(method, path, null, "manage"));
        Assert.All(
            [null, "", "owner", "MANAGE", "admin"],
            role => Refuses(Decide(method, path, null, role), 403, "role")
        );
    }

    [Theory]
    [InlineData("GET", "/api/v1/query?all=true")]
    [InlineData("GET", "/api/v1/monitor/1?all=true")]
    [InlineData("HEAD", "/api/v1/monitor?all=true")]
    [InlineData("GET", "/api/v1/query?x=1&%61ll=true")]
    public void AllIsForWhatHasPages(string method, string path) =>
        Refuses(Decide(method, path, null), 400, "no-pages");

    [Fact]
    public void ARowOfTheConfigurationIsAllowedAndGoesBefore()
    {
        var options = Options.Create(
            new SiteRouterOptions
            {
                Endpoints =
                [
                    new()
                    {
                        Methods = ["GET"],
                        Path = "/api/v2/error-tracking/issues/{id:uuid}",
                        Scopes = ["error_tracking_read"],
                    },
                    new()
                    {
                        Methods = ["GET"],
                        Path = "/api/v1/monitor",
                        Scopes = ["monitors_read", "ours_too"],
                    },
                ],
            }
        );
        var allowed = new AllowList(options);
        Assert.IsType<CallDecision.Go>(
            Decide("GET", $"/api/v2/error-tracking/issues/{Uuid}", ["error_tracking_read"], "read", allowed)
        );
        Refuses(
            Decide("GET", $"/api/v2/error-tracking/issues/{Uuid}", ["error_tracking_read"]),
            404,
            "unknown-endpoint"
        );
        Refuses(Decide("GET", "/api/v1/monitor", ["monitors_read"], "read", allowed), 403, "scope-missing");
    }

    [Theory]
    [InlineData("/oauth2/v1/token", "GET", "s")]
    [InlineData("/api/v1/{anything}", "GET", "s")]
    [InlineData("/api/v1/{path:any}", "GET", "s")]
    [InlineData("/api/v1/../v2/x", "GET", "s")]
    [InlineData("/api/v1//x", "GET", "s")]
    [InlineData("/api/v1/*", "GET", "s")]
    [InlineData("https://evil.tld/api/v1/x", "GET", "s")]
    [InlineData("/api/v1/x", "CONNECT", "s")]
    [InlineData("/api/v1/x", "", "s")]
    [InlineData("/api/v1/x", "GET", "")]
    public void ARowThatWouldAllowTooMuchIsNamed(string path, string method, string scope) =>
        Assert.Single(
            EndpointRules.Broken(
                new()
                {
                    Path = path,
                    Methods = method.Length == 0 ? [] : [method],
                    Scopes = scope.Length == 0 ? [] : [scope],
                }
            )
        );

    [Theory]
    [InlineData("evil.tld")]
    [InlineData("us4.datadoghq.com")]
    [InlineData("ddog-gov.com")]
    [InlineData("api.us5.datadoghq.com")]
    [Trait("fault", "F33")]
    [Trait("security", "28")]
    public void AnUnknownSiteHasNoHost(string site) =>
        Refuses(Decide("GET", "/api/v1/monitor", null, site: site), 409, "unknown-site");

    private static CallProblem Refuses(CallDecision decision, int status, string type)
    {
        var refused = Assert.IsType<CallDecision.Refuse>(decision).Problem;
        Assert.Equal((status, type), (refused.Status, refused.Type));
        return refused;
    }

    // Scopes null: all that there are.
    private static CallDecision Decide(
        string method,
        string path,
        string[]? scopes,
        string? role = "manage",
        AllowList? allowed = null,
        string site = "us5.datadoghq.com"
    ) =>
        CallDecision.For(
            ApiTarget.Parse($"/partner/v1/connections/{Connection}/datadog{path}", Connection),
            method,
            role,
            allowed ?? BuiltIn,
            new ConnectionRecord(
                Connection,
                TenantId.New(),
                ConnectionState.Connected,
                null,
                site,
                null,
                scopes ?? [.. BuiltIn.Endpoints.SelectMany(e => e.Scopes)],
                1
            ),
            Sites
        );
}
