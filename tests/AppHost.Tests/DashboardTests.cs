using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>What an operator sees of one request, asked of the Aspire dashboard.</summary>
public class DashboardTests(WholeSystem system)
{
    [Fact]
    public async Task OneRequestIsOneTraceFromTheGatewayToDatadog()
    {
        var dashboard = system.Dashboard;
        var tenant = await system.ConnectAsync("traced");
        var received = await dashboard.SendAsync(system, tenant.Key.Key);
        var trace = await Until.AnsweredAsync(
            () => dashboard.SpansAsync($"traceId={received.TraceId}"),
            spans => spans.Any(s => IsIntake(s, tenant))
        );

        Assert.All(trace, span => Assert.Equal(received.TraceId, span.TraceId));
        Assert.Equal(("/api/v2/logs", "202"), RouteAndStatusOf(received));
        Assert.Equal(
            ("/api/v2/logs", "202"),
            RouteAndStatusOf(Assert.Single(trace, s => s is { Service: "logs", Kind: Span.Server }))
        );
        Assert.Single(trace, s => s is { Service: "logs", Kind: Span.Producer, Name: "deliver logs" });
        Assert.Equal((null, "202"), RouteAndStatusOf(Assert.Single(trace, s => IsIntake(s, tenant))));
        Assert.DoesNotContain(trace, s => s.ToString().Contains(tenant.Key.Key, StringComparison.Ordinal));
        await Until.AnsweredAsync(
            dashboard.ServicesWithMetricsAsync,
            services => services.IsSupersetOf(["gateway", "logs"])
        );
    }

    [Fact]
    public async Task TheLogOfARefusalIsInItsTrace()
    {
        var dashboard = system.Dashboard;
        var refused = await dashboard.SendAsync(system, new string('0', 32));

        Assert.Equal(("/api/v2/logs", "403"), RouteAndStatusOf(refused));
        await Until.AnsweredAsync(
            () => dashboard.LoggedInAsync(refused.TraceId),
            services => services.Contains("gateway")
        );
    }

    private static bool IsIntake(Span span, ConnectedTenant tenant) =>
        span is { Service: "logs", Kind: Span.Client }
        && span.Attributes.GetValueOrDefault("server.address") == tenant.Site.LogsHost;

    private static (string? Route, string? Status) RouteAndStatusOf(Span span) =>
        (
            span.Attributes.GetValueOrDefault("http.route"),
            span.Attributes.GetValueOrDefault("http.response.status_code")
        );
}
