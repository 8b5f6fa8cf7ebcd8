using Microsoft.Extensions.Options;
using Partner.Testing;

namespace Partner.Relay.Tests;

/// <summary>What it refuses to start with.</summary>
public sealed class RelayOptionsTests
{
    private const string Key = $"--Relay:Key={RelayHost.Key}";

    [Theory]
    [InlineData("https://api.dd.partner.example")]
    [InlineData("https://api.dd.partner.example/")]
    [InlineData("https://10.1.2.3:8443")]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://127.8.8.8:8080")]
    [InlineData("http://[::1]:8080")]
    [InlineData("http://localhost:8080")]
    // Uri makes "localhost" of it.
    [InlineData("http://loopback:8080")]
    [InlineData("http://gateway:8080", "--Relay:AllowPlainText=true")]
    [InlineData("https://api.dd.partner.example", "--Relay:UseProxy=true")]
    public async Task TheKeyMayBeSentTo(string gateway, params string[] settings)
    {
        await using var app = Program.Build([$"--Relay:Gateway={gateway}", Key, .. settings]);
        Assert.NotNull(app);
    }

    [Theory]
    [InlineData("http://api.dd.partner.example", "is without TLS, and the key would travel in plain text")]
    [InlineData("http://10.0.0.1", "is without TLS, and the key would travel in plain text")]
    [InlineData("http://0.0.0.0:8080", "is without TLS, and the key would travel in plain text")]
    [InlineData("http://localhost.evil.example", "is without TLS, and the key would travel in plain text")]
    [InlineData("http://127.0.0.1.evil.example", "is without TLS, and the key would travel in plain text")]
    [InlineData("http://localhost:8080", "is without TLS, and a proxy would read the key", "--Relay:UseProxy=true")]
    [InlineData(
        "http://a:80",
        "and a proxy would read the key",
        "--Relay:UseProxy=true",
        "--Relay:AllowPlainText=true"
    )]
    [InlineData("https://user@api.dd.partner.example", "is scheme, host and port alone")]
    [InlineData("https://api.dd.partner.example/base", "is scheme, host and port alone")]
    [InlineData("https://api.dd.partner.example/?a=b", "is scheme, host and port alone")]
    [InlineData("ftp://api.dd.partner.example", "is no address")]
    [InlineData("api.dd.partner.example", "is no address")]
    [InlineData("", "is needed")]
    public void TheKeyIsNotSentTo(string gateway, string fault, params string[] settings)
    {
        Assert.Contains(
            Faults([$"--Relay:Gateway={gateway}", Key, .. settings]),
            said => said.StartsWith("Relay:Gateway ", StringComparison.Ordinal) && said.Contains(fault)
        );
        if (gateway.Length > 0)
        {
            Assert.Contains(
                Faults(["--Relay:Gateway=https://a", $"--Relay:GrpcGateway={gateway}", Key, .. settings]),
                said => said.StartsWith("Relay:GrpcGateway ", StringComparison.Ordinal) && said.Contains(fault)
            );
        }
    }

    [Theory]
    [InlineData("Either Relay:KeyFile or Relay:Key is needed.")]
    [InlineData("Either Relay:KeyFile or Relay:Key is needed.", Key, "--Relay:KeyFile=/dev/null")]
    [InlineData("Relay:Key holds no ingest key", "--Relay:Key=0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("Relay:Key holds no ingest key", "--Relay:Key=0123456789abcdef0123456789abcdef0")]
    [InlineData("/dev/null holds no ingest key", "--Relay:KeyFile=/dev/null")]
    [InlineData("/dev/zero holds no ingest key", "--Relay:KeyFile=/dev/zero")]
    [InlineData("Could not find file '/nowhere'", "--Relay:KeyFile=/nowhere")]
    [InlineData("is denied", "--Relay:KeyFile=/")]
    [InlineData("Relay:Address is localhost or an IP address", Key, "--Relay:Address=example.com")]
    [InlineData("Relay:Address is localhost or an IP address", Key, "--Relay:Address=*")]
    [InlineData("must be between 0 and 65535", Key, "--Relay:Port=65536")]
    [InlineData("must be between 1 and 65535", Key, "--Relay:GrpcPort=0")]
    [InlineData("must be between 1 and 65535", Key, "--Relay:HealthPort=-1")]
    public void ItDoesNotStart(string fault, params string[] settings)
    {
        var said = Assert.Single(Faults(["--Relay:Gateway=https://api.dd.partner.example", .. settings]));
        Assert.Contains(fault, said, StringComparison.Ordinal);
        Assert.DoesNotContain(RelayHost.Key, said, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task HealthHasAPortOfItsOwnAndSaysNothingOfTheGateway()
    {
        var port = LocalProcess.FreePort();
        await using var relay = await RelayHost.StartAsync(
            $"http://127.0.0.1:{LocalProcess.FreePort()}",
            _ => { },
            Key,
            $"--Relay:HealthPort={port}"
        );

        Assert.Equal(200, await StatusAsync("/health"));
        Assert.Equal(404, await StatusAsync("/info"));
        using var relayed = await relay.Http.GetAsync("/health", TestContext.Current.CancellationToken);
        Assert.Equal(503, (int)relayed.StatusCode);

        async Task<int> StatusAsync(string path)
        {
            using var answer = await relay.Http.GetAsync(
                $"http://127.0.0.1:{port}{path}",
                TestContext.Current.CancellationToken
            );
            return (int)answer.StatusCode;
        }
    }

    private static IEnumerable<string> Faults(string[] settings) =>
        Assert.Throws<OptionsValidationException>(() => Program.Build(settings)).Failures;
}
