using System.Globalization;
using System.Text.Json;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>The genuine Aspire dashboard, out of the cache where <c>./dev up</c> puts it.</summary>
internal sealed class Dashboard : IDisposable
{
    // As ./dev has it.
    private const string Version = "13.5.4";

    private readonly LocalProcess _process;
    private readonly HttpClient _http;

    private Dashboard(LocalProcess process, int page, int receiver)
    {
        (_process, Receiver) = (process, new Uri($"http://127.0.0.1:{receiver}"));
        _http = new(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{page}/api/telemetry/"),
        };
    }

    /// <returns>Null: it is not in the cache.</returns>
    public static async Task<Dashboard?> StartAsync()
    {
        if (FindProgram() is not { } program)
        {
            return null;
        }

        var (page, otlp, http) = (LocalProcess.FreePort(), LocalProcess.FreePort(), LocalProcess.FreePort());
        var process = LocalProcess.Start(
            "/usr/bin/env",
            $"ASPNETCORE_URLS=http://127.0.0.1:{page}",
            $"ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://127.0.0.1:{otlp}",
            $"ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL=http://127.0.0.1:{http}",
            "ASPIRE_ALLOW_UNSECURED_TRANSPORT=true",
            "ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS=true",
            program,
            "dashboard");
        await process.WaitForPortAsync(http);
        await process.WaitForPortAsync(page);
        return new Dashboard(process, page, http);
    }

    /// <summary>Takes OTLP over HTTP.</summary>
    public Uri Receiver { get; }

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
                       long.Parse(span.GetProperty("startTimeUnixNano").ToString(), CultureInfo.InvariantCulture) / 100),
                   Attributes(span)),
        ];
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
        return answer.RootElement.EnumerateArray()
            .Where(r => r.GetProperty("hasMetrics").GetBoolean())
            .Select(r => r.GetProperty("name").GetString()!)
            .ToHashSet();
    }

    public void Dispose()
    {
        _http.Dispose();
        _process.Dispose();
    }

    private static string? FindProgram()
    {
        var cache = Environment.GetEnvironmentVariables()["XDG_CACHE_HOME"] is string { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var versions = new DirectoryInfo(Path.Combine(cache, "datadog-aspire", $"aspire-{Version}", "versions"));
        return versions.Exists
            ? versions.EnumerateDirectories()
                .Select(v => Path.Combine(v.FullName, "managed", "aspire-managed"))
                .FirstOrDefault(File.Exists)
            : null;
    }

    private static Dictionary<string, string> Attributes(JsonElement owner) =>
        owner.TryGetProperty("attributes", out var attributes)
            ? attributes.EnumerateArray().ToDictionary(
                a => a.GetProperty("key").GetString()!,
                a => string.Concat(a.GetProperty("value").EnumerateObject().Select(v => v.Value.ToString())))
            : [];

    private async Task<JsonDocument> GetAsync(string path) => JsonDocument.Parse(await _http.GetStringAsync(path));
}

/// <param name="Kind">As OTLP numbers them.</param>
internal sealed record Span(
    string Service, string TraceId, string Name, int Kind, DateTimeOffset Start, IReadOnlyDictionary<string, string> Attributes)
{
    public const int Server = 2;
    public const int Client = 3;
    public const int Producer = 4;

    public override string ToString() =>
        $"{Service} {Kind} {Name} [{string.Join(", ", Attributes.Select(a => $"{a.Key}={a.Value}"))}]";
}
