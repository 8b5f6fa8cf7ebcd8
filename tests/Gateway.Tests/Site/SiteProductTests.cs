using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Partner.Gateway.Ingest;
using Partner.Gateway.Site;
using Partner.Testing;

namespace Partner.Gateway.Tests.Site;

/// <summary>Each host of the site with each path: a product's host takes what is that product's.</summary>
public sealed class SiteProductTests(SiteGateway site) : IClassFixture<SiteGateway>
{
    private const string Own = "own";

    /// <summary>Written down once more, beside the senders' Routes.json: by Datadog's own hosts (datadog-facts 1.2).</summary>
    private static readonly (string Method, string Path, string Host)[] Paths =
    [
        ("POST", "/api/v1/series", "api"),
        ("POST", "/api/v2/series", "api"),
        ("POST", "/api/v1/distribution_points", "api"),
        ("POST", "/api/v1/check_run", "api"),
        ("POST", "/api/v1/events", "api"),
        ("POST", "/api/v2/incidents", "api"),
        ("POST", "/api/v2/incidents/import", "api"),
        ("GET", "/api/v2/incidents/search", "api"),
        ("PATCH", "/api/v2/incidents/5a1c3f2e-0000-4000-8000-00000000abcd", "api"),
        ("POST", "/api/v2/incidents/5a1c3f2e-0000-4000-8000-00000000abcd/impacts", "api"),
        ("GET", "/api/v1/validate", "api"),
        ("GET", "/api/v2/validate", "api"),
        ("GET", "/api/v2/validate_keys", "api"),
        ("POST", "/api/v2/logs", "http-intake.logs"),
        ("POST", "/v1/input", "http-intake.logs"),
        ("POST", "/v1/input/0123456789abcdef0123456789abcdef", "http-intake.logs"),
        ("POST", "/api/v2/events", "event-management-intake"),
        ("POST", "/v1/logs", "otlp"),
        ("POST", "/v1/metrics", "otlp"),
        ("POST", "/v1/traces", "otlp"),
        ("POST", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", "otlp"),
        ("POST", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", "otlp"),
        ("POST", "/opentelemetry.proto.collector.trace.v1.TraceService/Export", "otlp"),
        ("PUT", "/v0.3/traces", "trace.agent"),
        ("PUT", "/v0.4/traces", "trace.agent"),
        ("PUT", "/v0.5/traces", "trace.agent"),
        ("PUT", "/v0.7/traces", "trace.agent"),
        ("POST", "/dogstatsd/v2/proxy", "trace.agent"),
        ("GET", "/info", "trace.agent"),
        ("POST", "/telemetry/proxy/api/v2/apmtelemetry", "trace.agent"),
        ("POST", "/v0.7/config", "trace.agent"),
        ("POST", "/v0.6/stats", "trace.agent"),
        ("POST", "/api/v2/spans", "public-trace-http-intake.logs"),
        ("GET", "/partner/v1/tenants", Own),
        ("GET", "/partner/v1/senders/logs/connections", Own),
        ("GET", "/partner/v1/openapi.json", Own),
        ("POST", "/browser/api/v2/logs", "api"),
        ("GET", "/connect", Own),
        ("GET", "/oauth/callback", Own),
    ];

    [Theory]
    [InlineData("api", "*")]
    [InlineData("", "*")]
    [InlineData("connect", "*")]
    [InlineData("http-intake.logs", "http-intake.logs")]
    [InlineData("event-management-intake", "event-management-intake")]
    [InlineData("otlp", "otlp")]
    [InlineData("trace.agent", "trace.agent")]
    [InlineData("public-trace-http-intake.logs", "public-trace-http-intake.logs")]
    [InlineData("0123456789abcdef0123456789abcdef.agent", "intake")]
    public async Task AHostTakesThePathsOfItsProduct(string label, string takes)
    {
        var host = label.Length == 0 ? SiteGateway.Domain : $"{label}.{SiteGateway.Domain}";
        foreach (var (method, path, of) in Paths)
        {
            var answer = await site.AskAsync(host, method, path);

            var isTaken = takes == "*" || of == takes || (takes == "intake" && of != Own);
            Assert.True(isTaken == ((int)answer.Status is not (404 or 421)), $"{host}{path}: {answer.StatusAndBody}");
            if (!isTaken)
            {
                var owner = $"{(of == Own ? "api" : of)}.{SiteGateway.Domain} does.";
                Assert.True(answer.Body.Contains(owner), $"{host}{path}: {answer.Body}");
            }
        }
    }

    /// <summary>Else the matrix above would say nothing of a path that was added.</summary>
    [Fact]
    public void EveryPathOfTheSendersIsInTheMatrix()
    {
        using var configuration = new ConfigurationManager();
        SendersOptions.AddRoutesOfSenders(configuration);
        var senders = configuration.GetSection(SendersOptions.SectionName).Get<SendersOptions>()!;

        var missing =
            from sender in senders.Values
            from route in sender.Routes
            from path in new[] { route.Path, route.GrpcPath }.OfType<string>()
            where !Paths.Any(known => known.Path == path.Replace("{id:guid}", "5a1c3f2e-0000-4000-8000-00000000abcd"))
            select path;

        Assert.Equal([], missing);
    }

    /// <summary>The labels are what US1 has before its name, the site whose names follow the rule in all products.</summary>
    [Fact]
    public void TheLabelsAreDatadogs()
    {
        var sites = JsonNode.Parse(File.ReadAllText(Repository.PathOf("services/Egress/Sites.json")))!["sites"]!;
        var hosts = sites.AsArray().Single(row => row!["name"]!.GetValue<string>() == "US1")!["hosts"]!.AsObject();

        Assert.Equal(
            hosts.Select(host => $"{host.Key} {host.Value!.GetValue<string>()}").Order(),
            SiteHosts
                .Labels.Select(label => $"{label.Key.ToString().ToLowerInvariant()} {label.Value}.datadoghq.com")
                .Order()
        );
    }
}
