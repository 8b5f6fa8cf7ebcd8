#!/usr/bin/env bash
# Aspire.Hosting.AppHost 13.6.5, Aspire.AppHost.Sdk 13.6.4, .NET 10, python3.
# Expected: an endpoint whose process has been killed refuses connections. Seen: the proxy that the orchestrator puts before
# it accepts and says nothing, so that a client waits for its own timeout. With isProxied: false the connection is refused.
# A killed process also shows as Finished with exit code -1, and neither as Exited nor with 137.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >global.json <<'EOF'
{ "msbuild-sdks": { "Aspire.AppHost.Sdk": "13.6.4" } }
EOF
mkdir host
cat >host/host.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk">
  <Sdk Name="Aspire.AppHost.Sdk" />
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><IsAspireHost>true</IsAspireHost></PropertyGroup>
  <ItemGroup><PackageReference Include="Aspire.Hosting.AppHost" Version="13.6.5" /></ItemGroup>
</Project>
EOF
cat >host/Program.cs <<'EOF'
using System.Diagnostics;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
builder.AddExecutable("proxied", "sh", ".", "-c", "exec python3 -m http.server --bind 127.0.0.1 $PORT").WithHttpEndpoint(env: "PORT");
builder.AddExecutable("direct", "sh", ".", "-c", "exec python3 -m http.server --bind 127.0.0.1 $PORT").WithHttpEndpoint(env: "PORT", isProxied: false);
await using var app = builder.Build();
await app.StartAsync();
var notifications = app.Services.GetRequiredService<ResourceNotificationService>();
foreach (var name in new[] { "proxied", "direct" })
{
    var running = (await notifications.WaitForResourceAsync(name, e => e.Snapshot.State?.Text == KnownResourceStates.Running && e.Snapshot.Urls.Length > 0)).Snapshot;
    var url = new Uri(running.Urls.First().Url);
    using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
    var answered = false;
    for (var i = 0; i < 300 && !answered; i++)
    {
        try { answered = (await http.GetAsync(url)).IsSuccessStatusCode; } catch (Exception) { await Task.Delay(200); }
    }
    Process.GetProcessById(Convert.ToInt32(running.Properties.Single(p => p.Name == "executable.pid").Value)).Kill();
    var ended = (await notifications.WaitForResourceAsync(name, e => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text!))).Snapshot;
    string seen;
    try
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
        socket.Connect("127.0.0.1", url.Port);
        socket.Send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
        try { seen = socket.Receive(new byte[1]) == 0 ? "closed" : "answered"; }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock) { seen = "silent for 10 s"; }
    }
    catch (SocketException e) { seen = e.SocketErrorCode.ToString(); }
    Console.WriteLine($"RESULT {name}: {ended.State?.Text} {ended.ExitCode}, {seen}");
}
Environment.Exit(0);
EOF
DOTNET_ENVIRONMENT=Development ASPIRE_ALLOW_UNSECURED_TRANSPORT=true timeout 300 dotnet run --project host 2>&1 | tee out.log | grep RESULT || { tail -n 20 out.log; exit 1; }
grep -qx 'RESULT proxied: Finished -1, silent for 10 s' out.log
grep -qx 'RESULT direct: Finished -1, ConnectionRefused' out.log
