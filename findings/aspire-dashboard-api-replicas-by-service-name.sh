#!/usr/bin/env bash
# Aspire.Hosting.AppHost 13.6.5 with its dashboard, Aspire.AppHost.Sdk 13.6.4, OpenTelemetry 1.20.1, .NET 10.
# Expected: the dashboard's telemetry API takes the "name" that it lists for a resource, as it does with one instance.
# Seen: with two replicas GET /api/telemetry/resources lists "web" twice, GET .../spans?resource=web is 404, and only the
# display name of one replica ("web-" and its instance id) is found; spans of a service cannot be asked for at once.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >global.json <<'EOF'
{ "msbuild-sdks": { "Aspire.AppHost.Sdk": "13.6.4" } }
EOF
mkdir web host
cat >web/web.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
<ItemGroup><PackageReference Include="OpenTelemetry.Extensions.Hosting" Version="1.20.1" /><PackageReference Include="OpenTelemetry.Exporter.OpenTelemetryProtocol" Version="1.20.1" /></ItemGroup></Project>
EOF
cat >web/Program.cs <<'EOF'
using OpenTelemetry;
using OpenTelemetry.Trace;
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddOpenTelemetry().UseOtlpExporter().WithTracing(t => t.AddSource("Microsoft.AspNetCore"));
var app = builder.Build();
app.MapGet("/", () => "hello");
app.Run();
EOF
cat >host/host.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk">
  <Sdk Name="Aspire.AppHost.Sdk" />
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><IsAspireHost>true</IsAspireHost></PropertyGroup>
  <ItemGroup><PackageReference Include="Aspire.Hosting.AppHost" Version="13.6.5" /><ProjectReference Include="../web/web.csproj" /></ItemGroup>
</Project>
EOF
cat >host/Program.cs <<'EOF'
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
var replicas = int.Parse(args[0]);
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args[1..] });
var project = builder.AddProject<Projects.web>("web", launchProfileName: null).WithHttpEndpoint().WithReplicas(replicas);
await using var app = builder.Build();
await app.StartAsync();
var web = new Uri(project.GetEndpoint("http").Url);
using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
var telemetry = $"{Environment.GetEnvironmentVariable("ASPNETCORE_URLS")}/api/telemetry";
var listed = new List<JsonElement>();
for (var i = 0; i < 300 && listed.Count < replicas; i++)
{
    try
    {
        for (var request = 0; request < 10; request++) { (await http.GetAsync(web)).Dispose(); }
        using var resources = JsonDocument.Parse(await http.GetStringAsync($"{telemetry}/resources"));
        listed = [.. resources.RootElement.EnumerateArray().Where(r => r.GetProperty("hasTraces").GetBoolean()).Select(r => r.Clone())];
    }
    catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { }
    await Task.Delay(500);
}
async Task<int> StatusAsync(string name) => (int)(await http.GetAsync($"{telemetry}/spans?limit=1&resource={name}")).StatusCode;
var names = string.Join(' ', listed.Select(r => r.GetProperty("name").GetString()));
Console.WriteLine($"RESULT {replicas}: {names}; by name {await StatusAsync("web")}, by display name {await StatusAsync(listed[0].GetProperty("displayName").GetString()!)}");
Environment.Exit(0);
EOF
export DOTNET_ENVIRONMENT=Development ASPIRE_ALLOW_UNSECURED_TRANSPORT=true ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS=true ASPIRE_DASHBOARD_PERSISTENCE_MODE=None
for replicas in 1 2; do
    ASPNETCORE_URLS=http://127.0.0.1:$((28700 + replicas)) timeout 300 dotnet run --project host --no-launch-profile -- "$replicas" 2>&1 | tee -a out.log | grep RESULT || { tail -n 20 out.log; exit 1; }
done
grep -qx 'RESULT 1: web; by name 200, by display name 200' out.log
grep -qx 'RESULT 2: web web; by name 404, by display name 200' out.log
