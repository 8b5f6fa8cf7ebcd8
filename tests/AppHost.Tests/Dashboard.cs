using System.Globalization;
using System.Text.Json;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>Aspire's dashboard, which the AppHost starts, at addresses that are known here and without a login.</summary>
internal sealed class Dashboard : IDisposable
{
    /// <summary>Of the AppHost's model.</summary>
    public const string Resource = "aspire-dashboard";

    private readonly HttpClient _http;

    public Dashboard() =>
        _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(Page, "api/telemetry/") };

    public Uri Page { get; } = FreeAddress();

    /// <summary>Takes OTLP over HTTP.</summary>
    public Uri Receiver { get; } = FreeAddress();

    /// <summary>Arguments of the AppHost.</summary>
    public IReadOnlyList<string> Arguments =>
        [
            $"--ASPNETCORE_URLS={Origin(Page)}",
            $"--ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL={Origin(FreeAddress())}",
            $"--ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL={Origin(Receiver)}",
            $"--ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL={Origin(FreeAddress())}",
            "--ASPIRE_ALLOW_UNSECURED_TRANSPORT=true",
            // A test's AppHost would take other ports than it is told; those that it is not told are free ones anyway.
            "--DcpPublisher:RandomizePorts=false",
            "--ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS=true",
        ];

    /// <summary>Where it keeps what it was told, also after its end: the folder of the database that it has open.</summary>
    public static DirectoryInfo FolderOf(string process) =>
        new FileInfo(
            Directory
                .EnumerateFiles($"/proc/{process}/fd")
                .Select(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.FullName)
                .First(target => target?.EndsWith("dashboard.db", StringComparison.Ordinal) == true)!
        ).Directory!;

    public async Task<IReadOnlyList<Span>> SpansAsync(string query)
    {
        using var answer = await GetAsync($"spans?limit=10000&{query}");
        return
        [
            .. from resource in answer.RootElement.GetProperty("data").GetProperty("resourceSpans").EnumerateArray()
            let name = Attributes(resource.GetProperty("resource"))["service.name"]
            from scope in resource.GetProperty("scopeSpans").EnumerateArray()
            from span in scope.GetProperty("spans").EnumerateArray()
            select new Span(
                name,
                span.GetProperty("traceId").GetString()!,
                span.GetProperty("name").GetString()!,
                span.GetProperty("kind").GetInt32(),
                DateTimeOffset.UnixEpoch.AddTicks(
                    long.Parse(span.GetProperty("startTimeUnixNano").ToString(), CultureInfo.InvariantCulture) / 100
                ),
                Attributes(span)
            ),
        ];
    }

    /// <summary>Sends a log.</summary>
    /// <returns>The gateway's span of that request.</returns>
    public async Task<Span> SendAsync(WholeSystem system, string key)
    {
        var began = TimeProvider.System.GetUtcNow();
        using var request = DatadogClients.ApiClient(system.Gateway, key, ["{\"message\":\"traced\"}"]);
        using var response = await system.Http.SendAsync(request);
        var found = await Until.AnsweredAsync(
            async () =>
                (await SpansOfAsync("gateway")).Where(
                    // It may answer with the rest of the trace too.
                    s =>
                        s is { Service: "gateway", Kind: Span.Server }
                        && s.Start >= began
                        && s.Attributes.GetValueOrDefault("url.path") == "/api/v2/logs"
                ),
            spans => spans.Any()
        );
        return Assert.Single(found);
    }

    // With replicas each has a name of its own, and the service's name is nobody's.
    private async Task<IReadOnlyList<Span>> SpansOfAsync(string service)
    {
        using var resources = await GetAsync("resources");
        var spans = new List<Span>();
        foreach (
            var instance in resources
                .RootElement.EnumerateArray()
                .Where(r => r.GetProperty("name").GetString() == service)
        )
        {
            spans.AddRange(await SpansAsync($"resource={instance.GetProperty("displayName").GetString()}"));
        }

        return spans;
    }

    /// <summary>The services that have logged within a trace.</summary>
    public async Task<IReadOnlySet<string>> LoggedInAsync(string traceId)
    {
        using var answer = await GetAsync($"logs?limit=10000&traceId={traceId}");
        var logged =
            from resource in answer.RootElement.GetProperty("data").GetProperty("resourceLogs").EnumerateArray()
            from scope in resource.GetProperty("scopeLogs").EnumerateArray()
            from record in scope.GetProperty("logRecords").EnumerateArray()
            where record.TryGetProperty("traceId", out var id) && id.GetString() == traceId
            select Attributes(resource.GetProperty("resource"))["service.name"];
        return logged.ToHashSet();
    }

    public async Task<IReadOnlySet<string>> ServicesWithMetricsAsync()
    {
        using var answer = await GetAsync("resources");
        return answer
            .RootElement.EnumerateArray()
            .Where(r => r.GetProperty("hasMetrics").GetBoolean())
            .Select(r => r.GetProperty("name").GetString()!)
            .ToHashSet();
    }

    public void Dispose() => _http.Dispose();

    private static Dictionary<string, string> Attributes(JsonElement owner) =>
        owner.TryGetProperty("attributes", out var attributes)
            ? attributes
                .EnumerateArray()
                .ToDictionary(
                    a => a.GetProperty("key").GetString()!,
                    a => string.Concat(a.GetProperty("value").EnumerateObject().Select(v => v.Value.ToString()))
                )
            : [];

    private static Uri FreeAddress() => new($"http://127.0.0.1:{LocalProcess.FreePort()}");

    private static string Origin(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private async Task<JsonDocument> GetAsync(string path) => JsonDocument.Parse(await _http.GetStringAsync(path));
}

/// <param name="Kind">As OTLP numbers them.</param>
internal sealed record Span(
    string Service,
    string TraceId,
    string Name,
    int Kind,
    DateTimeOffset Start,
    IReadOnlyDictionary<string, string> Attributes
)
{
    public const int Server = 2;
    public const int Client = 3;
    public const int Producer = 4;

    public override string ToString() =>
        $"{Service} {Kind} {Name} [{string.Join(", ", Attributes.Select(a => $"{a.Key}={a.Value}"))}]";
}
