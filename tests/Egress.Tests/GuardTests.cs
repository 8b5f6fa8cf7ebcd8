using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;

namespace Partner.Egress.Tests;

[Trait("security", "25")]
public sealed class GuardTests
{
    [Theory]
    [InlineData("https://evil.tld/")]
    [InlineData("https://datadoghq.com/")]
    [InlineData("https://app.datadoghq.com/")]
    [InlineData("https://mycompany.datadoghq.com/")]
    [InlineData("https://api.datadoghq.com./")]
    [InlineData("https://api.us4.datadoghq.com/")]
    [InlineData("https://api.datadoghq.com.evil.tld/")]
    [InlineData("https://api.datadoghq.com@evil.tld/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://api.d\u0430tadoghq.com/")]
    [InlineData("http://api.datadoghq.com/")]
    [InlineData("https://api.datadoghq.com:8443/")]
    [InlineData("http://api.datadoghq.com:443/")]
    [InlineData("https://user@api.datadoghq.com/")]
    [InlineData("https://api.datadoghq.com/#fragment")]
    [Trait("security", "19")]
    public async Task WhatIsNotARegistryHostOverHttpsIsRefusedBeforeAnyConnection(string url)
    {
        using var host = new EgressHost();
        await Assert.ThrowsAsync<EgressRefusedException>(() => host.Client.GetAsync(url));
        Assert.Throws<EgressRefusedException>(() => host.Client.Send(new(HttpMethod.Get, url)));
        Assert.Empty(host.Asked);
        Assert.Empty(host.Dialled);
    }

    [Fact]
    public async Task AHostHeaderOfItsOwnIsRefused()
    {
        using var host = new EgressHost();
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://api.datadoghq.com/")
        {
            Headers = { Host = "evil.tld" },
        };
        await Assert.ThrowsAsync<EgressRefusedException>(() => host.Client.SendAsync(request));
        Assert.Empty(host.Asked);
    }

    [Theory]
    [Trait("security", "30")]
    [InlineData("?api_key=0123456789abcdef")]
    [InlineData("?x=1&API_KEY=0123456789abcdef")]
    [InlineData("?%61pi_key=0123456789abcdef")]
    [InlineData("?access_token=0123456789abcdef")]
    [InlineData("?dd-api-key=0123456789abcdef")]
    [InlineData("oauth2/v1/token?client_secret=0123456789abcdef")]
    [InlineData("oauth2/v1/token?code=0123456789abcdef&code_verifier=0123456789abcdef")]
    [InlineData("v1/input/0123456789abcdef")]
    public async Task ACredentialInAUrlIsRefusedAndNotLogged(string url)
    {
        using var host = new EgressHost();
        var refusal = await Assert.ThrowsAsync<EgressRefusedException>(() =>
            host.Client.GetAsync($"https://api.datadoghq.com/{url}")
        );
        Assert.Empty(host.Asked);
        Assert.DoesNotContain("0123456789abcdef", refusal.ToString(), StringComparison.Ordinal);
        Assert.Equal(["Refused a request to api.datadoghq.com: Url"], host.Logs.Messages);
    }

    [Fact]
    [Trait("security", "29")]
    public async Task TheClientLogsNoUrlAndNoHeader()
    {
        using var host = new EgressHost();
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            "https://api.datadoghq.com/canary-path?q=canary-query"
        );
        request.Headers.Add("DD-API-KEY", "canary-key");
        request.Headers.Authorization = new("Bearer", "canary-token");
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.SendAsync(request));
        Assert.DoesNotContain("canary", host.Logs.Text, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("fault", "F24")]
    [InlineData("10.0.0.7")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("fd00::1")]
    public async Task APrivateAnswerOfDnsIsNotDialled(string address)
    {
        using var host = new EgressHost(dns: _ => [IPAddress.Parse(address)]);
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() =>
            host.Client.GetAsync("https://api.datadoghq.com/")
        );
        Assert.Equal(
            "api.datadoghq.com resolves to no address that is public or in Egress:AllowedPrivateNetworks.",
            Assert.IsType<EgressRefusedException>(failure.InnerException).Message
        );
        Assert.Empty(host.Dialled);
        Assert.Contains("Refused a request to api.datadoghq.com: Address", host.Logs.Messages);
    }

    [Fact]
    [Trait("fault", "F24")]
    public async Task DnsThatFailsOrLiesIsAskedAgainNextTime()
    {
        var answers = new Queue<Func<IPAddress[]>>([
            () => throw new SocketException((int)SocketError.HostNotFound),
            () => [IPAddress.Parse("10.0.0.7")],
            () => [IPAddress.Parse("1.1.1.1")],
        ]);
        using var host = new EgressHost(dns: _ => answers.Dequeue()());
        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com/"));
        }

        Assert.Equal(["1.1.1.1:443"], host.Dialled);
    }

    [Fact]
    public async Task OnlyCheckedAddressesAreDialledAndDnsIsAskedOnce()
    {
        using var host = new EgressHost(dns: _ =>
            [.. new[] { "2606:4700::1", "10.0.0.7", "1.1.1.1", "127.0.0.1", "8.8.4.4" }.Select(IPAddress.Parse)]
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com/"));
        Assert.Equal(["api.datadoghq.com"], host.Asked);
        Assert.Equal(["1.1.1.1:443", "8.8.4.4:443", "[2606:4700::1]:443"], host.Dialled);
    }

    [Fact]
    public async Task AListedPrivateNetworkIsDialled()
    {
        using var host = new EgressHost(
            new() { ["Egress:AllowedPrivateNetworks:0"] = "10.1.0.0/16" },
            dns: _ => [IPAddress.Parse("10.1.2.3"), IPAddress.Parse("10.2.2.3")]
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com/"));
        Assert.Equal(["10.1.2.3:443"], host.Dialled);
    }

    [Fact]
    public async Task AMappedAddressIsNotDialledWhateverIsListed()
    {
        using var host = new EgressHost(
            new() { ["Egress:AllowedPrivateNetworks:0"] = "10.1.0.0/16", ["Egress:AllowedPrivateNetworks:1"] = "::/0" },
            dns: _ => [IPAddress.Parse("::ffff:10.1.2.3")]
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com/"));
        Assert.Empty(host.Dialled);
    }

    [Fact]
    public async Task TheProxyIsDialledWhereOneIsConfigured()
    {
        using var host = new EgressHost(
            new()
            {
                ["Egress:Proxy"] = "http://proxy.example:3128",
                ["Egress:AllowedPrivateNetworks:0"] = "10.1.0.0/16",
            },
            dns: _ => [IPAddress.Parse("10.1.2.3")]
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com/"));
        await Assert.ThrowsAsync<EgressRefusedException>(() => host.Client.GetAsync("https://evil.tld/"));
        Assert.Equal(["proxy.example"], host.Asked);
        Assert.Equal(["10.1.2.3:3128"], host.Dialled);
    }

    [Fact]
    public async Task RefusalsAreCountedByReason()
    {
        using var host = new EgressHost(dns: _ => []);
        var counted = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == host.Get<IMeterFactory>())
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) => counted.Add($"{instrument.Name} {value} {string.Join(' ', tags.ToArray())}")
        );
        listener.Start();
        foreach (
            var url in new[] { "https://evil.tld", "http://api.datadoghq.com", "https://api.datadoghq.com?token=x" }
        )
        {
            await Assert.ThrowsAsync<EgressRefusedException>(() => host.Client.GetAsync(url));
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com"));
        Assert.Equal(
            ["host", "scheme", "url", "address"],
            counted.Select(line => line[(line.LastIndexOf(' ') + 1)..^1])
        );
        Assert.All(counted, line => Assert.StartsWith("egress.refused 1 [reason, ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DefaultsOfAllClientsDoNotStandInFrontOfTheGuard()
    {
        using var host = new EgressHost(new() { ["services:api.datadoghq.com:https:0"] = "https://evil.tld" });
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com/"));
        Assert.Equal(["api.datadoghq.com"], host.Asked);
    }
}
