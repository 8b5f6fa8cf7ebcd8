#!/usr/bin/env bash
# Yarp.ReverseProxy 2.3.0 on .NET 10 (the script prints which), Kestrel as destination, HTTP/1.1 in clear text.
# A client writes a chunk of 1,000 bytes, flushes, and writes the next when the destination has read the first. Kestrel's
# least data rate is off, which would else end a body that waits.
# Expected: the proxy passes each chunk of a request on as it comes, as it does with answers. Seen: a chunk that fits into
# the write buffer of its HTTP client stays in the proxy until more comes or the body ends, so a client that waits until its
# chunk is read waits for ever; straight to the destination it is read at once.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >p.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable></PropertyGroup>
<ItemGroup><PackageReference Include="Yarp.ReverseProxy" Version="2.3.0" /></ItemGroup></Project>
EOF
cat >Program.cs <<'EOF'
using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

Console.WriteLine($".NET {Environment.Version}");
foreach (var way in new[] { "direct", "proxy" })
{
    var (read, total) = (new TaskCompletionSource(), 0);
    var destination = Server(_ => { });
    destination.Run(async context =>
    {
        var buffer = new byte[4096];
        while (await context.Request.Body.ReadAsync(buffer) is var count and > 0)
        {
            total += count;
            if (total >= 1000) { read.TrySetResult(); }
        }
    });
    await destination.StartAsync();
    var proxy = Server(services => services.AddReverseProxy().LoadFromMemory(
        [new RouteConfig { RouteId = "r", ClusterId = "c", Match = new() { Path = "/{**all}" } }],
        [new ClusterConfig
        {
            ClusterId = "c",
            HttpRequest = new ForwarderRequestConfig { Version = HttpVersion.Version11 },
            Destinations = new Dictionary<string, DestinationConfig> { ["d"] = new() { Address = destination.Urls.First() } },
        }]));
    proxy.MapReverseProxy();
    await proxy.StartAsync();
    using var client = new HttpClient();
    var arrived = false;
    using var request = new HttpRequestMessage(HttpMethod.Post, (way == "proxy" ? proxy : destination).Urls.First())
    {
        Content = new Chunks(async stream =>
        {
            await stream.WriteAsync(new byte[1000]);
            await stream.FlushAsync();
            arrived = await Task.WhenAny(read.Task, Task.Delay(10_000)) == read.Task;
            await stream.WriteAsync(new byte[1000]);
        }),
    };
    using var response = await client.SendAsync(request);
    Console.WriteLine($"RESULT {way}: first chunk within 10 s: {arrived}, {(int)response.StatusCode}, bytes in the end: {total}");
    await proxy.StopAsync();
    await destination.StopAsync();
}

static WebApplication Server(Action<IServiceCollection> add)
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(k => k.Limits.MinRequestBodyDataRate = null);
    add(builder.Services);
    return builder.Build();
}

class Chunks(Func<Stream, Task> write) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

    protected override bool TryComputeLength(out long length) { length = 0; return false; }
}
EOF
dotnet run 2>&1 | tee out.log
grep -qx 'RESULT direct: first chunk within 10 s: True, 200, bytes in the end: 2000' out.log
grep -qx 'RESULT proxy: first chunk within 10 s: False, 200, bytes in the end: 2000' out.log
