using Microsoft.Extensions.Options;

namespace Partner.Egress.Tests;

public sealed class StartTests
{
    private const string Endpoint = "tcp://localhost:8443";
    private const string Pages = "http://localhost:8080";

    [Fact]
    public async Task AServiceStartsWithoutAnySetting()
    {
        using var host = new EgressHost();
        await host.StartAsync();
    }

    [Theory]
    [Trait("security", "27")]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("Test")]
    public async Task TheSandboxIsForDevelopmentOnly(string environment)
    {
        using var host = new EgressHost(Sandbox(Endpoint, Pages), environment);
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);
        Assert.Equal(["Egress:Sandbox is for the environment Development only."], refusal.Failures);
        // Nor can anything be had from a host that was never started.
        Assert.Throws<OptionsValidationException>(() => host.Client);
    }

    [Theory]
    [Trait("security", "27")]
    [InlineData("tcp://10.0.0.7:8443", Pages)]
    [InlineData("tcp://sandbox:8443", Pages)]
    [InlineData("tcp://localhost.evil.tld:8443", Pages)]
    [InlineData("tcp://0.0.0.0:8443", Pages)]
    [InlineData("tcp://localhost", Pages)]
    [InlineData("https://localhost:8443", Pages)]
    [InlineData(null, Pages)]
    [InlineData(Endpoint, "http://sandbox:8080")]
    [InlineData(Endpoint, "http://192.168.1.1:8080")]
    [InlineData(Endpoint, "https://localhost:8080")]
    [InlineData(Endpoint, null)]
    public async Task TheSandboxIsOnLoopbackOnly(string? endpoint, string? pages)
    {
        using var host = new EgressHost(Sandbox(endpoint, pages), "Development");
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);
        Assert.Equal(
            endpoint == Endpoint
                ? ["Egress:Sandbox:Pages is not of the form http://localhost:port."]
                : ["Egress:Sandbox:Endpoint is not of the form tcp://localhost:port."],
            refusal.Failures
        );
    }

    [Theory]
    [InlineData(Endpoint, Pages)]
    [InlineData("tcp://127.0.0.1:1", "http://[::1]:1")]
    public async Task ASandboxOnLoopbackIsFineInDevelopment(string endpoint, string pages)
    {
        using var host = new EgressHost(Sandbox(endpoint, pages), "Development");
        await host.StartAsync();
    }

    [Theory]
    [InlineData(
        "Egress:AllowedPrivateNetworks:0",
        "10.0.0.0/33",
        "Egress:AllowedPrivateNetworks: 10.0.0.0/33 is not a network such as 10.1.0.0/16."
    )]
    [InlineData(
        "Egress:AllowedPrivateNetworks:0",
        "private",
        "Egress:AllowedPrivateNetworks: private is not a network such as 10.1.0.0/16."
    )]
    [InlineData("Egress:Proxy", "https://proxy:1", "Egress:Proxy is not of the form http://host:port.")]
    [InlineData("Egress:Proxy", "http://user:password@proxy:1", "Egress:Proxy is not of the form http://host:port.")]
    public async Task ABadSettingIsNamed(string key, string value, string problem)
    {
        using var host = new EgressHost(new() { [key] = value });
        Assert.Equal([problem], (await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync)).Failures);
    }

    private static Dictionary<string, string?> Sandbox(string? endpoint, string? pages) =>
        new() { ["Egress:Sandbox:Endpoint"] = endpoint, ["Egress:Sandbox:Pages"] = pages };
}
