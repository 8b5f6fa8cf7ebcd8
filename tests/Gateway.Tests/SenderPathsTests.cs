using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Partner.Contracts;
using Partner.Gateway.Ingest;
using Partner.Incidents;
using Partner.Sending;
using Partner.Testing;

namespace Partner.Gateway.Tests;

/// <summary>
/// The gateway forwards what the senders take: their <c>Routes.json</c> repeat what they declare in code, since a service
/// has no other service in it.
/// </summary>
public sealed class SenderPathsTests
{
    [Fact]
    public void EachRouteIsWhatItsSenderDeclares()
    {
        var declared = Declared();

        Assert.Equal(6, declared.Select(route => route.Sender).Distinct().Count());
        Assert.Equal([], Differences(declared, InFiles()));
    }

    /// <summary>The names are OpenTelemetry's (opentelemetry-proto, collector/*/v1); the paths those of OTLP over HTTP.</summary>
    [Fact]
    public void TheThreeSignalsOfOtlpComeByGrpcToo()
    {
        using var configuration = new ConfigurationManager();
        SendersOptions.AddRoutesOfSenders(configuration);

        Assert.Equal(
            [
                "logs /v1/logs opentelemetry.proto.collector.logs.v1.LogsService/Export",
                "metrics /v1/metrics opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                "traces /v1/traces opentelemetry.proto.collector.trace.v1.TraceService/Export",
            ],
            from sender in configuration.GetSection(SendersOptions.SectionName).Get<SendersOptions>()!
            from route in sender.Value.Routes
            where route.GrpcMethod is not null
            orderby sender.Key
            select $"{sender.Key} {route.Path} {route.GrpcMethod}"
        );
    }

    /// <summary>What an ingest key may open for reading: these, and site-router allows them for one scope.</summary>
    [Fact]
    public void TheReadsAreThoseOfIncidentsAndSiteRouterHasThem()
    {
        using var configuration = new ConfigurationManager();
        SendersOptions.AddRoutesOfSenders(configuration);
        var reads =
            from sender in configuration.GetSection(SendersOptions.SectionName).Get<SendersOptions>()!
            from route in sender.Value.Routes
            where route.Reads
            select $"{sender.Key}: {Text(route.Methods)} {route.Path}";

        Assert.Equal(
            [
                "incidents: GET /api/v2/incidents",
                "incidents: GET /api/v2/incidents/search",
                "incidents: GET /api/v2/incidents/{id:guid}",
                "incidents: GET /api/v2/incidents/{id:guid}/impacts",
            ],
            reads.Order(StringComparer.Ordinal)
        );
        using var file = JsonDocument.Parse(
            File.ReadAllText(Repository.PathOf("services/SiteRouter/Datadog/Endpoints.json")),
            new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }
        );
        var allowed =
            from row in file.RootElement.GetProperty("endpoints").EnumerateArray()
            from method in row.GetProperty("methods").EnumerateArray()
            let scopes = row.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString())
            where scopes.Contains("incident_read")
            select $"incidents: {method} {row.GetProperty("path").GetString()!.Replace(":uuid}", ":guid}")}";
        Assert.Equal(allowed.Order(StringComparer.Ordinal), reads.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("path")]
    [InlineData("methods")]
    [InlineData("bytes")]
    [InlineData("errors")]
    [InlineData("sender")]
    [InlineData("one less")]
    [InlineData("one more")]
    public void ADifferenceIsFound(string what)
    {
        var (declared, files) = (Declared(), InFiles());
        var route = files[^1];
        files[^1] = what switch
        {
            "path" => route with { Path = route.Path + "s" },
            "methods" => route with { Methods = "PATCH" },
            "bytes" => route with { MaxBytes = route.MaxBytes - 1 },
            "errors" => route with { Errors = DatadogErrorShape.CodeAndMessage },
            "sender" => route with { Sender = "logs" },
            _ => route,
        };
        if (what == "one less")
        {
            files.Remove(route);
        }
        else if (what == "one more")
        {
            declared.Remove(route);
        }

        Assert.Equal(what.StartsWith("one") ? 1 : 2, Differences(declared, files).Length);
    }

    private static string[] Differences(List<Route> declared, List<Route> files) =>
        [
            .. declared.Except(files).Select(route => $"only the sender has {route}"),
            .. files.Except(declared).Select(route => $"only Routes.json has {route}"),
        ];

    private static List<Route> InFiles()
    {
        using var configuration = new ConfigurationManager();
        SendersOptions.AddRoutesOfSenders(configuration);
        return
        [
            .. from sender in configuration.GetSection(SendersOptions.SectionName).Get<SendersOptions>()!
            from route in sender.Value.Routes
            where !route.Reads
            select new Route(sender.Key, route.Path, Text(route.Methods), route.MaxBytes, route.Errors),
        ];
    }

    private static List<Route> Declared() =>
        [
            .. Directory
                .EnumerateFiles(Repository.PathOf("services/Senders"), "*.csproj", SearchOption.AllDirectories)
                .Select(project => Path.GetFileNameWithoutExtension(project))
                .Where(name => name != nameof(Sending))
                .Order(StringComparer.Ordinal)
                .SelectMany(name => DeclaredBy(Assembly.Load(name))),
        ];

    private static IEnumerable<Route> DeclaredBy(Assembly assembly)
    {
        if (assembly == typeof(IncidentEndpoint).Assembly)
        {
            return IncidentEndpoint.All.Select(endpoint => new Route(
                "incidents",
                endpoint.Route,
                endpoint.Method.Method,
                IncidentsApi.MaxRequestBytes,
                DatadogErrorShape.Texts
            ));
        }

        using var services = new ServiceCollection().AddOptions().BuildServiceProvider();
        var type = assembly.GetTypes().Single(type => type.IsSubclassOf(typeof(Sender)));
        var sender = (Sender)ActivatorUtilities.CreateInstance(services, type);
        return sender.Paths.Select(path => new Route(
            sender.Name,
            path.Path,
            Text(path.Methods),
            path.MaxWireBytes ?? path.MaxRequestBytes ?? sender.Limits.MaxRequestBytes,
            path.Errors
        ));
    }

    private static string Text(IEnumerable<string> methods) => string.Join(' ', methods.Order(StringComparer.Ordinal));

    private sealed record Route(string Sender, string Path, string Methods, long MaxBytes, DatadogErrorShape Errors);
}
