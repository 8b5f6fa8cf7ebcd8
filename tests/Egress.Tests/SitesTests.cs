using Microsoft.Extensions.Options;

namespace Partner.Egress.Tests;

public sealed class SitesTests
{
    // Name, parameter, app host, then api, logs, events, otlp, traces, spans (datadog-facts 1.1 to 1.3).
    private static readonly string[] Expected =
    [
        "US1 datadoghq.com app.datadoghq.com api.datadoghq.com http-intake.logs.datadoghq.com event-management-intake.datadoghq.com otlp.datadoghq.com trace.agent.datadoghq.com public-trace-http-intake.logs.datadoghq.com",
        "US3 us3.datadoghq.com us3.datadoghq.com api.us3.datadoghq.com http-intake.logs.us3.datadoghq.com event-management-intake.us3.datadoghq.com otlp.us3.datadoghq.com trace.agent.us3.datadoghq.com trace.browser-intake-us3-datadoghq.com",
        "US5 us5.datadoghq.com us5.datadoghq.com api.us5.datadoghq.com http-intake.logs.us5.datadoghq.com event-management-intake.us5.datadoghq.com otlp.us5.datadoghq.com trace.agent.us5.datadoghq.com trace.browser-intake-us5-datadoghq.com",
        "EU1 datadoghq.eu app.datadoghq.eu api.datadoghq.eu http-intake.logs.datadoghq.eu event-management-intake.datadoghq.eu otlp.datadoghq.eu trace.agent.datadoghq.eu public-trace-http-intake.logs.datadoghq.eu",
        "AP1 ap1.datadoghq.com ap1.datadoghq.com api.ap1.datadoghq.com http-intake.logs.ap1.datadoghq.com event-management-intake.ap1.datadoghq.com otlp.ap1.datadoghq.com trace.agent.ap1.datadoghq.com browser-intake-ap1-datadoghq.com",
        "AP2 ap2.datadoghq.com ap2.datadoghq.com api.ap2.datadoghq.com http-intake.logs.ap2.datadoghq.com event-management-intake.ap2.datadoghq.com otlp.ap2.datadoghq.com trace.agent.ap2.datadoghq.com browser-intake-ap2-datadoghq.com",
        "UK1 uk1.datadoghq.com uk1.datadoghq.com api.uk1.datadoghq.com http-intake.logs.uk1.datadoghq.com event-management-intake.uk1.datadoghq.com otlp.uk1.datadoghq.com trace.agent.uk1.datadoghq.com browser-intake-uk1-datadoghq.com",
        "US1-FED ddog-gov.com app.ddog-gov.com api.ddog-gov.com http-intake.logs.ddog-gov.com event-management-intake.ddog-gov.com - trace.agent.ddog-gov.com browser-intake-ddog-gov.com",
        "US2-FED us2.ddog-gov.com us2.ddog-gov.com api.us2.ddog-gov.com http-intake.logs.us2.ddog-gov.com event-management-intake.us2.ddog-gov.com - trace.agent.us2.ddog-gov.com browser-intake-us2-ddog-gov.com",
    ];

    [Fact]
    public void TheNineSitesStandWithAllTheirHosts() =>
        Assert.Equal(
            Expected,
            SiteRegistry
                .BuiltIn()
                .Sites.Select(site =>
                    string.Join(
                        ' ',
                        [
                            site.Name,
                            site.Parameter.Text,
                            site.AppHost,
                            .. Enum.GetValues<Product>()
                                .Where(product => product != Product.PartnerOtlp)
                                .Select(product => site.HostFor(product) ?? "-"),
                        ]
                    )
                )
        );

    [Fact]
    [Trait("security", "19")]
    public async Task APlatformsHostIsOneLabelBeforeTheSitesOwnAndIsTheOnlyOneThatIsAdded()
    {
        using var host = new EgressHost(new() { ["Egress:OtlpPlatform"] = "acme", ["Egress:Realm"] = "Both" });
        await host.StartAsync();
        var sites = host.Get<SiteRegistry>();
        Assert.Equal(
            ["acme.integrations.otlp.datadoghq.com", "acme.integrations.otlp.datadoghq.eu", null],
            new[] { "datadoghq.com", "datadoghq.eu", "ddog-gov.com" }.Select(p =>
                sites.Find(p)!.HostFor(Product.PartnerOtlp)
            )
        );
        Assert.True(sites.Allows("acme.integrations.otlp.us3.datadoghq.com"));
        Assert.False(sites.Allows("other.integrations.otlp.us3.datadoghq.com"));
        Assert.False(sites.Allows("acme.integrations.otlp.ddog-gov.com"));
        Assert.All(SiteRegistry.BuiltIn().Sites, site => Assert.Null(site.HostFor(Product.PartnerOtlp)));
    }

    [Theory]
    [Trait("security", "19")]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("evil.com/")]
    [InlineData("ACME")]
    [InlineData("-a")]
    [InlineData("xn--a")]
    public async Task APlatformIsOneLabel(string platform)
    {
        using var host = new EgressHost(new() { ["Egress:OtlpPlatform"] = platform });
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);
        Assert.Equal(["Egress:OtlpPlatform is not one label of a host name, in lower case."], refusal.Failures);
    }

    [Fact]
    public void TheBuiltInFileKeepsToTheRules() => Assert.Empty(SiteRules.Broken(SitesFile.Read(null), []));

    [Theory]
    [Trait("security", "24")]
    [InlineData("Commercial", "US1 US3 US5 EU1 AP1 AP2 UK1")]
    [InlineData("Government", "US1-FED US2-FED")]
    [InlineData("Both", "US1 US3 US5 EU1 AP1 AP2 UK1 US1-FED US2-FED")]
    [InlineData(null, "US1 US3 US5 EU1 AP1 AP2 UK1")]
    public void ADeploymentHasTheSitesOfItsRealm(string? realm, string sites)
    {
        using var host = new EgressHost(new() { ["Egress:Realm"] = realm });
        Assert.Equal(sites, string.Join(' ', host.Get<SiteRegistry>().Sites));
    }

    [Fact]
    [Trait("security", "24")]
    public async Task ASiteOfTheOtherRealmIsLikeAnUnknownOne()
    {
        using var host = new EgressHost();
        var sites = host.Get<SiteRegistry>();
        Assert.False(sites.TryParseDomain("ddog-gov.com", out _));
        Assert.False(sites.TryParseSite("https://app.ddog-gov.com", out _));
        Assert.Null(sites.Find("us2.ddog-gov.com"));
        await Assert.ThrowsAsync<EgressRefusedException>(() => host.Client.GetAsync("https://api.ddog-gov.com/"));
        Assert.Empty(host.Asked);
    }

    [Fact]
    public void BackendsMayTalkToProductHostsOnly()
    {
        var sites = SiteRegistry.BuiltIn();
        Assert.True(sites.Allows("http-intake.logs.us5.datadoghq.com"));
        Assert.False(sites.Allows("app.datadoghq.com"));
        Assert.False(sites.Allows("us3.datadoghq.com"));
        Assert.False(sites.Allows("API.datadoghq.com"));
        Assert.False(sites.Allows("otlp.ddog-gov.com"));
    }
}
