using System.Globalization;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>The relay as it stands beside a partner's service: its own process, told the gateway and the key's file.</summary>
internal sealed class RelayProgram : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("partner-relay-");
    private readonly int _port = LocalProcess.FreePort();
    private readonly int _grpcPort = LocalProcess.FreePort();
    private LocalProcess? _process;

    public string Url => $"http://localhost:{_port}";

    public string GrpcUrl => $"http://localhost:{_grpcPort}";

    public string Output => _process!.Output;

    public static async Task<RelayProgram> StartAsync(WholeSystem system, ConnectedTenant tenant)
    {
        var relay = new RelayProgram();
        var key = Path.Combine(relay._folder.FullName, "key");
        await File.WriteAllTextAsync(key, $"{tenant.Key.Key}\n");
        relay._process = LocalProcess.Start(
            "dotnet",
            [
                ProgramRun.PathOf("Relay"),
                $"--Relay:Gateway={system.Gateway.GetLeftPart(UriPartial.Authority)}",
                $"--Relay:GrpcGateway={system.GatewayGrpc.GetLeftPart(UriPartial.Authority)}",
                $"--Relay:KeyFile={key}",
                $"--Relay:Port={relay._port.ToString(CultureInfo.InvariantCulture)}",
                $"--Relay:GrpcPort={relay._grpcPort.ToString(CultureInfo.InvariantCulture)}",
            ]
        );
        await relay._process.WaitForPortAsync(relay._grpcPort);
        await relay._process.WaitForPortAsync(relay._port);
        return relay;
    }

    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        await Command.RunAsync("kill", "-TERM", $"{_process!.Id}");
        return await _process.ExitAsync();
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
