using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Testing;

namespace Partner.Relay.Tests;

/// <summary>The program as it is run: settings in its environment, the system's TLS authorities, signals.</summary>
public sealed class RelayProgramTests : IAsyncLifetime
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("partner-relay-");
    private readonly SelfSigned _certificate = new("localhost");
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly int _port = LocalProcess.FreePort();
    private GatewayStandIn? _gateway;

    private GatewayStandIn Gateway => _gateway!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(PathOf("key"), $"{RelayHost.Key}\n", Token);
        await File.WriteAllTextAsync(PathOf("ca.pem"), _certificate.Pem, Token);
        _gateway = await GatewayStandIn.StartAsync(_certificate.Certificate);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Gateway.DisposeAsync();
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task WhatIsUnderWayAtSigtermIsFinished()
    {
        var (began, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        Gateway.Behaviour = async context =>
        {
            began.SetResult();
            await finish.Task;
            await context.Response.WriteAsync("answered");
        };
        using var relay = await StartAsync();

        var asked = _http.GetStringAsync($"http://localhost:{_port}/info?api_key=its-own", Token);
        await Until.DoneAsync(began.Task);
        await Command.RunAsync("kill", "-TERM", $"{relay.Id}");
        await Until.TrueAsync(IsRefusedAsync);
        finish.SetResult();

        Assert.Equal("answered", await asked);
        Assert.Equal(0, await relay.ExitAsync());
        Assert.Contains($"Now listening on: http://localhost:{_port}", relay.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(RelayHost.Key, relay.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("its-own", relay.Output, StringComparison.Ordinal);
    }

    /// <summary>The environment of a service beside has a proxy for that one, and addresses to listen on.</summary>
    [Fact]
    public async Task TheEnvironmentsProxyIsUsedOnlyWhereItIsChosen()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        KeyValuePair<string, string?>[] environment =
        [
            new("HTTPS_PROXY", $"http://{proxy.LocalEndpoint}"),
            new("NO_PROXY", ""),
            new("ASPNETCORE_URLS", "http://127.0.0.1:1"),
            new("ASPNETCORE_HTTP_PORTS", "1"),
        ];
        using (await StartAsync(environment))
        {
            using var answer = await _http.GetAsync($"http://localhost:{_port}/info", Token);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.False(proxy.Pending());
        }

        using var chosen = await StartAsync([.. environment, new("Relay:UseProxy", "true")]);
        var asked = _http.GetAsync($"http://localhost:{_port}/info", Token);
        using (var connection = await proxy.AcceptTcpClientAsync(Token))
        {
            using var reader = new StreamReader(connection.GetStream(), Encoding.ASCII);
            Assert.Equal($"CONNECT {new Uri(Gateway.Url).Authority} HTTP/1.1", await reader.ReadLineAsync(Token));
        }

        using var away = await asked;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.Single(Gateway.Requests);
    }

    [Fact]
    public async Task ASettingThatIsWrongIsSaidAndNothingElse()
    {
        var (exit, output, error) = await Command.TryAsync(
            "dotnet",
            [Program, "--Relay:Gateway=http://api.dd.partner.example", $"--Relay:KeyFile={PathOf("none")}"],
            []
        );

        Assert.Equal((1, ""), (exit, output));
        Assert.Equal(
            $"""
            Relay:Gateway is without TLS, and the key would travel in plain text: use https, or set Relay:AllowPlainText.
            Could not find file '{PathOf("none")}'.

            """,
            error
        );
    }

    private static string Program => typeof(RelayOptions).Assembly.Location;

    private async Task<LocalProcess> StartAsync(params IEnumerable<KeyValuePair<string, string?>> more)
    {
        var relay = LocalProcess.Start(
            "dotnet",
            [Program],
            [
                new("Relay:Gateway", Gateway.Url),
                new("Relay:KeyFile", PathOf("key")),
                new("Relay:Port", $"{_port}"),
                new("SSL_CERT_FILE", PathOf("ca.pem")),
                .. more,
            ]
        );
        await relay.WaitForPortAsync(_port);
        return relay;
    }

    private async Task<bool> IsRefusedAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _port, Token);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
