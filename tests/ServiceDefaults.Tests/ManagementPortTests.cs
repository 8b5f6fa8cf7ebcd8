using System.Net;
using System.Net.Sockets;

namespace Partner.ServiceDefaults.Tests;

public sealed class ManagementPortTests
{
    [Fact]
    public async Task HealthIsOnTheManagementPortAndNothingElseIs()
    {
        var (open, management) = (FreePort(), FreePort());
        await using var host = new ServiceHost(
            "Production",
            ("Urls", $"http://127.0.0.1:{open};http://127.0.0.1:{management}"),
            ("Management:Port", $"{management}")
        );
        await host.InitializeAsync();
        var seen = new List<(string, int)>();
        foreach (var port in new[] { open, management })
        {
            foreach (var path in new[] { "/health", "/alive", "/open" })
            {
                seen.Add((path, (await host.SendAsync($"http://127.0.0.1:{port}{path}")).Status));
            }
        }

        Assert.Equal(
            [("/health", 404), ("/alive", 404), ("/open", 200), ("/health", 200), ("/alive", 200), ("/open", 404)],
            seen
        );
    }

    [Fact]
    public async Task AHostHeaderDoesNotChangeThePort()
    {
        var (open, management) = (FreePort(), FreePort());
        await using var host = new ServiceHost(
            "Production",
            ("Urls", $"http://127.0.0.1:{open};http://127.0.0.1:{management}"),
            ("Management:Port", $"{management}")
        );
        await host.InitializeAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{open}/health");
        request.Headers.Host = $"127.0.0.1:{management}";

        using var response = await host.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
