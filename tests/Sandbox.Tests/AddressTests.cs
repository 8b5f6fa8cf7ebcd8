using System.Net;
using System.Net.Sockets;

namespace Partner.Sandbox.Tests;

/// <summary>Who can reach it: this machine, unless it is told otherwise.</summary>
public sealed class AddressTests
{
    // Another address of this machine: it stands for the network.
    private static readonly IPAddress Elsewhere = IPAddress.Parse("127.0.0.2");

    [Theory]
    [InlineData(null, false)]
    [InlineData("0.0.0.0", true)]
    public async Task BothPortsAreReachableFromElsewhereOnlyWhereItIsSaid(string? address, bool reachable)
    {
        await using var sandbox = await SandboxApp.StartAsync(
            new SandboxOptions { Address = address },
            cancellationToken: World.Token
        );

        Assert.Equal(
            (reachable, reachable),
            (await IsReachableAsync(sandbox.Pages.Port), await IsReachableAsync(sandbox.Tls.Port))
        );
    }

    private static async Task<bool> IsReachableAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(Elsewhere, port, World.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
