using System.Net;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using Partner.Testing;

namespace Partner.Gateway.Tests;

/// <summary>The one document of the partner API; that its parts are true is tested where each service is.</summary>
public sealed partial class OpenApiTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Fact]
    public async Task TheDocumentIsValidAndHoldsEveryPart()
    {
        var answer = await host.SendAsync(HttpMethod.Get, "/partner/v1/openapi.json");
        Assert.Equal(
            (HttpStatusCode.OK, "application/json; charset=utf-8"),
            (answer.Status, answer.Header("Content-Type"))
        );

        var (document, diagnostic) = OpenApiDocument.Parse(answer.Body, "json");

        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, diagnostic!.SpecificationVersion);
        Assert.Equal([], diagnostic!.Errors.Select(e => e.ToString()));
        Assert.Equal([], document!.Validate(ValidationRuleSet.GetDefaultRuleSet()).Select(e => e.ToString()));
        var operations = document!.Paths.SelectMany(path => path.Value.Operations!).ToArray();
        Assert.Equal(operations.Length, operations.Select(o => o.Value.OperationId).Distinct().Count());
        string[] parts = ["services/Auth", "services/Senders/Sending", "services/SiteRouter"];
        foreach (var part in parts)
        {
            var paths = System.Text.Json.Nodes.JsonNode.Parse(
                await File.ReadAllTextAsync(Repository.PathOf($"{part}/openapi.json"))
            )!["paths"]!.AsObject();
            Assert.All(paths, path => Assert.Contains(path.Key, document.Paths.Keys));
        }
    }

    [Fact]
    public async Task EveryReferenceLeadsToAType()
    {
        var answer = await host.SendAsync(HttpMethod.Get, "/partner/v1/openapi.json");
        var schemas = System.Text.Json.Nodes.JsonNode.Parse(answer.Body)!["components"]!["schemas"]!.AsObject();

        Assert.Equal(
            [],
            Reference().Matches(answer.Body).Select(m => m.Groups[1].Value).Where(name => schemas[name] is null)
        );
    }

    [Fact]
    public async Task ASenderIsOneOfTheGateways()
    {
        var answer = await host.SendAsync(HttpMethod.Get, "/partner/v1/openapi.json");
        var names = System.Text.Json.Nodes.JsonNode.Parse(answer.Body)!["paths"]![
            "/partner/v1/senders/{sender}/connections/{connection}/deliveries"
        ]!["get"]!["parameters"]![0]!["schema"]!["enum"]!;

        Assert.Equal(
            ["checks", "events", "incidents", "logs", "metrics", "traces"],
            names.AsArray().Select(n => n!.ToString())
        );
    }

    [Fact]
    public async Task PeopleReadItInDevelopmentOnlyAndNothingComesFromElsewhere()
    {
        await using var production = new GatewayHost("--environment=Production");
        await production.InitializeAsync();
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await production.SendAsync(HttpMethod.Get, "/partner/v1/docs")).Status
        );

        await using var development = new GatewayHost("--environment=Development");
        await development.InitializeAsync();
        var page = await development.SendAsync(HttpMethod.Get, "/partner/v1/docs");

        Assert.Equal((HttpStatusCode.OK, "text/html; charset=utf-8"), (page.Status, page.Header("Content-Type")));
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", page.Header("Content-Security-Policy"));
        Assert.Contains("<code>/partner/v1/connections/{connection}/ingest-keys</code>", page.Body);
        Assert.DoesNotContain("<script", page.Body);
        Assert.DoesNotContain("://", page.Body);
    }

    [GeneratedRegex("#/components/schemas/([A-Za-z0-9_]+)")]
    private static partial Regex Reference();
}
