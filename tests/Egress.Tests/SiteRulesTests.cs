using Microsoft.Extensions.Options;

namespace Partner.Egress.Tests;

public sealed class SiteRulesTests : IDisposable
{
    private const string Jp1 = """
        {"name":"JP1","parameter":"jp1.datadoghq.com","appHost":"jp1.datadoghq.com",
         "hosts":{"api":"api.jp1.datadoghq.com","spans":"trace.browser-intake-jp1-datadoghq.com"}}
        """;

    private readonly string _path = Path.GetTempFileName();

    [Fact]
    [Trait("fault", "F33")]
    public async Task ANewSiteIsARowInAFile()
    {
        using var host = HostWith($$"""{"sites":[{{Jp1}}]}""");
        await host.StartAsync();
        var sites = host.Get<SiteRegistry>();
        Assert.True(sites.TryParseDomain("jp1.datadoghq.com", out var site));
        Assert.Equal("JP1", site.Name);
        Assert.Null(site.HostFor(Product.Otlp));
        Assert.True(sites.TryParseSite("https://jp1.datadoghq.com", out var authorize));
        Assert.Equal(
            "https://jp1.datadoghq.com/oauth2/v1/authorize",
            host.Get<AuthorizeUrls>().Build(authorize, []).ToString()
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.jp1.datadoghq.com/"));
        Assert.Equal(["8.8.8.8:443"], host.Dialled);
    }

    [Fact]
    [Trait("fault", "F33")]
    public void BeforeThatItIsRefused()
    {
        var sites = SiteRegistry.BuiltIn();
        Assert.False(sites.TryParseDomain("jp1.datadoghq.com", out _));
        Assert.Null(sites.Find("jp1.datadoghq.com"));
        Assert.False(sites.Allows("api.jp1.datadoghq.com"));
    }

    [Theory]
    [InlineData("api.jp1.datadoghq.com", "api.evil.com", "JP1: api host api.evil.com is not of this site")]
    [InlineData(
        "api.jp1.datadoghq.com",
        "api.jp1-datadoghq.com",
        "JP1: api host api.jp1-datadoghq.com is not of this site"
    )]
    [InlineData(
        "api.jp1.datadoghq.com",
        "evil.com/.jp1.datadoghq.com",
        "JP1: api host evil.com/.jp1.datadoghq.com is not of this site"
    )]
    [InlineData(
        "api.jp1.datadoghq.com",
        "api.JP1.datadoghq.com",
        "JP1: api host api.JP1.datadoghq.com is not of this site"
    )]
    [InlineData("api.jp1.datadoghq.com", "jp1.datadoghq.com", "JP1: api host jp1.datadoghq.com is not of this site")]
    [InlineData(
        "-intake-jp1-",
        "-intake-jp2-",
        "JP1: spans host trace.browser-intake-jp2-datadoghq.com is not of this site"
    )]
    [InlineData(
        "\"appHost\":\"jp1.",
        "\"appHost\":\"jp2.",
        "JP1: app host jp2.datadoghq.com is neither the parameter nor one label under it"
    )]
    [InlineData("\"api\"", "\"logs\"", "JP1: it has no api host")]
    [InlineData("\"spans\"", "\"rum\"", "JP1: rum is not a product")]
    [InlineData("\"spans\"", "\"5\"", "JP1: 5 is not a product")]
    [InlineData("\"name\"", "\"government\":true,\"name\"", "JP1: government is True, which its parameter is not")]
    public void ASlipIsNamed(string text, string slip, string problem) =>
        Assert.Equal([problem], Broken($$"""{"sites":[{{Jp1.Replace(text, slip)}}]}"""));

    [Fact]
    public void AParameterOutsideDatadogsDomainsNeedsASettingOfItsOwn()
    {
        var file = $$"""{"sites":[{{Jp1.Replace("datadoghq.com", "datadoghq.jp")}}]}""";
        Assert.Equal(
            [
                "JP1: parameter jp1.datadoghq.jp is not one of Datadog's domains (datadoghq.com, datadoghq.eu, ddog-gov.com) or one label under it",
            ],
            Broken(file)
        );
        Assert.Empty(Broken(file, "datadoghq.jp"));
    }

    [Fact]
    public void NothingStandsTwice() =>
        Assert.Equal(
            [
                "site JP1 stands twice",
                "parameter jp1.datadoghq.com stands twice",
                "api.jp1.datadoghq.com is of two sites",
                "trace.browser-intake-jp1-datadoghq.com is of two sites",
            ],
            Broken($$"""{"sites":[{{Jp1}},{{Jp1}}]}""")
        );

    [Fact]
    [Trait("security", "28")]
    public void AHostOfAnotherRowIsNotOfTheShorterParameter()
    {
        const string us1 = """
            {"name":"US1","parameter":"datadoghq.com","appHost":"app.datadoghq.com","hosts":{"api":"api.datadoghq.com","logs":"http-intake.logs.jp1.datadoghq.com"}}
            """;
        Assert.Equal(
            ["US1: logs host http-intake.logs.jp1.datadoghq.com is not of this site"],
            Broken($$"""{"sites":[{{us1}},{{Jp1}}]}""")
        );
    }

    [Theory]
    [InlineData("""{"sites":[]}""", "there is no site")]
    [InlineData("""{"sites":[{"name":"JP1"}]}""", "missing required properties")]
    [InlineData("""{"sites":[],"site":[]}""", "could not be mapped")]
    [InlineData("not json", "invalid")]
    public async Task AServiceDoesNotStartWithABadFile(string file, string problem)
    {
        using var host = HostWith(file);
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);
        Assert.Contains("Egress:SitesPath: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServiceDoesNotStartWithoutTheFileItWasGiven()
    {
        using var host = new EgressHost(new() { ["Egress:SitesPath"] = "absent.json" });
        await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);
    }

    public void Dispose() => File.Delete(_path);

    private EgressHost HostWith(string file)
    {
        File.WriteAllText(_path, file);
        return new EgressHost(new() { ["Egress:SitesPath"] = _path });
    }

    private IEnumerable<string> Broken(string file, params string[] additionalDomains)
    {
        File.WriteAllText(_path, file);
        return SiteRules.Broken(SitesFile.Read(_path), additionalDomains);
    }
}
