using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Partner.Sandbox.Tests;

public sealed class TlsTests
{
    [Fact]
    public void TheTableHasTheNineSites() =>
        Assert.Equal(
            "US1 US3 US5 EU1 AP1 AP2 UK1 US1-FED US2-FED",
            string.Join(' ', SiteTable.All.Select(site => site.Name))
        );

    [Fact]
    public async Task EveryHostOfEverySiteHasACertificateOfItsOwnName()
    {
        await using var world = await World.StartAsync();
        var hosts = SiteTable.All.SelectMany(site => site.Hosts()).Select(h => h.Host).Distinct().ToList();

        foreach (var host in hosts)
        {
            using var tls = await HandshakeAsync(world, host);
            Assert.True(tls.IsAuthenticated, host);
        }

        // 9 sites x (app, api, logs, events, trace agent, metrics agent, ip ranges, browser), 7 x OTLP,
        // and the span hosts that are not browser hosts: US1 2, US3, US5, EU1, US1-FED 1 each.
        Assert.Equal((9 * 8) + 7 + 6, hosts.Count);
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("api.evil.datadoghq.com")]
    [InlineData("app.us3.datadoghq.com")]
    [InlineData("otlp.ddog-gov.com")]
    [InlineData("mycompany.datadoghq.com")]
    [InlineData("")]
    public async Task AHostThatNoSiteHasGetsNoHandshake(string host)
    {
        await using var world = await World.StartAsync();

        await Assert.ThrowsAnyAsync<IOException>(() => HandshakeAsync(world, host));

        Assert.Equal(("TLS", host), world.State.Journal.Entries.Select(entry => (entry.Method, entry.Host)).Single());
    }

    [Fact]
    public async Task AHostHeaderOtherThanTheNameOfTheHandshakeIsMisdirected()
    {
        await using var world = await World.StartAsync();
        await using var tls = await HandshakeAsync(world, "api.datadoghq.com");

        await tls.WriteAsync(
            "GET /api/v1/validate HTTP/1.1\r\nHost: api.us3.datadoghq.com\r\nConnection: close\r\n\r\n"u8.ToArray(),
            World.Token
        );
        using var reader = new StreamReader(tls, Encoding.ASCII);

        Assert.Equal("HTTP/1.1 421 Misdirected Request", await reader.ReadLineAsync(World.Token));
    }

    [Theory]
    [InlineData("https://api.datadoghq.com/api/v2/logs")]
    [InlineData("https://http-intake.logs.datadoghq.com/oauth2/v1/token")]
    [InlineData("https://app.datadoghq.com/oauth2/v1/token")]
    [InlineData("https://api.datadoghq.com/oauth2/v1/authorize")]
    [InlineData("https://api.datadoghq.com/_sandbox/orgs")]
    [InlineData("https://otlp.datadoghq.com/")]
    public async Task APathExistsOnItsOwnHostAlone(string url)
    {
        await using var world = await World.StartAsync();

        var reply = await world.SendAsync(new HttpRequestMessage(HttpMethod.Post, url));

        Assert.Equal((404, """{"errors":["Not found"]}"""), reply.Said);
    }

    private static async Task<SslStream> HandshakeAsync(World world, string host)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(world.Sandbox.Tls, World.Token);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    CertificateChainPolicy = World.TrustOnly(world.Sandbox.Authority),
                },
                World.Token
            );
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
