#!/usr/bin/env bash
# Aspire.Hosting.AppHost 13.6.5, Aspire.AppHost.Sdk 13.6.4, .NET 10.
# Expected: the property executable.pid of a project resource is the process that serves, so that killing it ends the
# service. Seen: it is `dotnet run`. After kill -9 of it the service goes on answering.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >global.json <<'EOF'
{ "msbuild-sdks": { "Aspire.AppHost.Sdk": "13.6.4" } }
EOF
mkdir web host
cat >web/web.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup></Project>
EOF
cat >web/Program.cs <<'EOF'
var app = WebApplication.Create(args);
app.MapGet("/", () => Environment.ProcessId);
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
using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
builder.AddProject<Projects.web>("web", launchProfileName: null).WithHttpEndpoint();
await using var app = builder.Build();
await app.StartAsync();
var notifications = app.Services.GetRequiredService<ResourceNotificationService>();
var running = (await notifications.WaitForResourceHealthyAsync("web")).Snapshot;
var pid = Convert.ToInt32(running.Properties.Single(p => p.Name == "executable.pid").Value);
using var http = new HttpClient { BaseAddress = new Uri(running.Urls.First().Url), Timeout = TimeSpan.FromSeconds(5) };
var serving = 0;
for (var i = 0; i < 300 && serving == 0; i++)
{
    try { serving = int.Parse(await http.GetStringAsync("/")); } catch (Exception) { await Task.Delay(200); }
}
var shown = Process.GetProcessById(pid);
var name = shown.ProcessName;
shown.Kill();
await shown.WaitForExitAsync();
await Task.Delay(3_000);
var alive = int.Parse(await http.GetStringAsync("/")) == serving;
Console.WriteLine($"RESULT shown pid serves: {pid == serving}, it is {name}; after its kill the service answers: {alive}");
Process.GetProcessById(serving).Kill();
Environment.Exit(0);
EOF
DOTNET_ENVIRONMENT=Development ASPIRE_ALLOW_UNSECURED_TRANSPORT=true timeout 300 dotnet run --project host 2>&1 | tee out.log | grep RESULT || { tail -n 20 out.log; exit 1; }
grep -qx 'RESULT shown pid serves: False, it is dotnet; after its kill the service answers: True' out.log
