using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Egress;

namespace Partner.Traces.Tests;

public sealed class SinksTests
{
    [Fact]
    public void WithoutSettingsEverySiteHasASink() =>
        Assert.Equal(
            [
                "otlp.datadoghq.com",
                "otlp.us3.datadoghq.com",
                "otlp.us5.datadoghq.com",
                "otlp.datadoghq.eu",
                "otlp.ap1.datadoghq.com",
                "otlp.ap2.datadoghq.com",
                "otlp.uk1.datadoghq.com",
                "browser-intake-ddog-gov.com",
                "browser-intake-us2-ddog-gov.com",
            ],
            SiteRegistry.BuiltIn().Sites.Select(site => HostAt(site, []))
        );

    [Theory]
    [InlineData("otlp", "otlp.us3.datadoghq.com", null)]
    [InlineData("json-spans", "trace.browser-intake-us3-datadoghq.com", "browser-intake-ddog-gov.com")]
    [InlineData("agent", "trace.agent.us3.datadoghq.com", "trace.agent.ddog-gov.com")]
    [InlineData("partner-otlp", null, null)]
    [InlineData("none", null, null)]
    public void ASettingIsKeptToEvenWhereItLeavesNoSink(string sink, string? us3, string? government)
    {
        var sites = SiteRegistry.BuiltIn();
        Assert.Equal(us3, HostAt(sites.Find("us3.datadoghq.com")!, new() { ["default"] = sink }));
        Assert.Equal(
            government,
            HostAt(sites.Find("ddog-gov.com")!, new() { ["ddog-gov.com"] = sink, ["default"] = "none" })
        );
    }

    private static string? HostAt(DatadogSite site, Dictionary<string, string> sinks) =>
        new TracesSender(Options.Create(new TracesOptions { Sinks = sinks }))
            .SinkAt(
                new ConnectionRoute(
                    ConnectionId.New(),
                    site.Parameter.Text,
                    ConnectionState.Connected,
                    site.Hosts.ToDictionary(host => host.Key.ToString(), host => host.Value)
                )
            )
            ?.Host;
}
