namespace Partner.Egress.Tests;

[Trait("security", "20")]
public sealed class ParsingTests
{
    private static readonly SiteRegistry Sites = SiteRegistry.BuiltIn();

    public static TheoryData<string> Hostile =>
        [
            "",
            " ",
            ".",
            "/",
            "com",
            "https://",
            "https:///",
            "datadoghq.com.evil.tld",
            "evil.tld#.datadoghq.com",
            "evil.tld/.datadoghq.com",
            "evil.tld?.datadoghq.com",
            "evil.tld\\.datadoghq.com",
            "evil.tld%2f.datadoghq.com",
            "evil.tld%00.datadoghq.com",
            "evil.tld;.datadoghq.com",
            "evildatadoghq.com",
            "evil-datadoghq.com",
            "datadoghq.com-evil.tld",
            "datadoghq.co",
            "datadoghq.comm",
            "user@evil",
            "user@datadoghq.com",
            "user:pass@datadoghq.com",
            "datadoghq.com@evil.tld",
            "@datadoghq.com",
            "datadoghq.com:8443",
            "datadoghq.com:443",
            "datadoghq.com:",
            "app.datadoghq.com:443",
            "app.datadoghq.com:",
            "127.0.0.1",
            "[::1]",
            "::1",
            "169.254.169.254",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "localhost",
            "[::ffff:169.254.169.254]",
            "metadata.google.internal",
            "datadoghq.com.",
            ".datadoghq.com",
            "us3.datadoghq.com.",
            "app.datadoghq.com.",
            "us3..datadoghq.com",
            "xn--datadoghq-9za.com",
            "xn--dtadoghq-8fg.com",
            "d\u0430tadoghq.com",
            "datad\u043Eghq.com",
            "datad\u00F6ghq.com",
            "us3\u3002datadoghq\u3002com",
            "us3\uFF0Edatadoghq\uFF0Ecom",
            "us3\uFF61datadoghq\uFF61com",
            "\uFF55\uFF53\uFF13.datadoghq.com",
            "us3.datadoghq\uFE52com",
            "us3.datadoghq.\u2102om",
            "u\u212A1.datadoghq.com",
            "u\u017F3.datadoghq.com",
            "us3.datad\u00BAghq.com",
            "APP.DATADOGHQ.COM.EVIL.TLD",
            "dAtAdOgHq.CoM.eViL.tLd",
            "dat\u0131adoghq.com",
            "us3.datadoghq.com\u200B",
            "us3.\u00ADdatadoghq.com",
            "\uFEFFus3.datadoghq.com",
            "datadoghq.com\0",
            "\0datadoghq.com",
            "datadoghq\0.com",
            "datadoghq.com\0.evil.tld",
            " datadoghq.com",
            "datadoghq.com ",
            "datadoghq.com\t",
            "datadoghq.com\r\n",
            "datadoghq.com\nHost: evil.tld",
            "data doghq.com",
            "datadoghq.com,evil.tld",
            "datadoghq.com;",
            "datadoghq.com&domain=evil.tld",
            "*.datadoghq.com",
            "datadoghq.com|evil.tld",
            "http://app.datadoghq.com",
            "ftp://app.datadoghq.com",
            "javascript:alert(1)//app.datadoghq.com",
            "file:///app.datadoghq.com",
            "//app.datadoghq.com",
            "https:app.datadoghq.com",
            "https:/app.datadoghq.com",
            "https://https://app.datadoghq.com",
            "https://app.datadoghq.com//",
            "https://app.datadoghq.com/login",
            "https://app.datadoghq.com/.",
            "https://app.datadoghq.com?x=1",
            "https://app.datadoghq.com#x",
            "https://app.datadoghq.com:443",
            "https://app.datadoghq.com:8443/",
            "https://user@app.datadoghq.com",
            "https://app.datadoghq.com@evil.tld",
            "https://app.datadoghq.com\\@evil.tld",
            "https://evil.tld\\.datadoghq.com",
            "https://[::1]/",
            "https://app.datadoghq.com /",
            " https://app.datadoghq.com",
            "HTTPS://app.datadoghq.com",
            "https://evil.tld/app.datadoghq.com",
            new string('a', 300),
            new string('a', 300) + ".datadoghq.com",
            $"https://{new string('a', 300)}.datadoghq.com",
            new string('a', 64) + ".datadoghq.com",
            string.Concat(Enumerable.Repeat("a.", 120)) + "datadoghq.com",
            new string('a', 1_000_000),
            "../datadoghq.com",
            "..",
            "%64atadoghq.com",
            "datadoghq%2ecom",
            "app%2edatadoghq.com",
            "datadoghq.com/",
            "/datadoghq.com",
        ];

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)]
    public void HostileTextIsNoDomain(string text)
    {
        Assert.False(Sites.TryParseDomain(text, out var site));
        Assert.Null(site);
    }

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)]
    public void HostileTextIsNoSite(string text)
    {
        Assert.False(Sites.TryParseSite(text, out var host));
        Assert.Equal(default, host);
    }

    [Fact]
    public void NothingIsNeither()
    {
        Assert.False(Sites.TryParseDomain(null, out _));
        Assert.False(Sites.TryParseSite(null, out _));
    }

    [Fact]
    [Trait("security", "19")]
    public void EachParameterSelectsItsRow()
    {
        foreach (var expected in Sites.Sites)
        {
            Assert.True(Sites.TryParseDomain(expected.Parameter.Text, out var site));
            Assert.Same(expected, site);
            Assert.True(Sites.TryParseDomain(expected.Parameter.Text.ToUpperInvariant(), out site));
            Assert.Same(expected, site);
            Assert.Same(expected, Sites.Find(expected.Parameter.Text));
        }
    }

    [Theory]
    [Trait("security", "19")]
    [InlineData("app.datadoghq.com")]
    [InlineData("api.datadoghq.com")]
    [InlineData("https://datadoghq.com")]
    [InlineData("us4.datadoghq.com")]
    [InlineData("mycompany.us3.datadoghq.com")]
    [InlineData("US1")]
    public void ADomainIsNothingButAParameter(string text) => Assert.False(Sites.TryParseDomain(text, out _));

    [Theory]
    [InlineData("https://app.datadoghq.com", "app.datadoghq.com")]
    [InlineData("https://app.datadoghq.com/", "app.datadoghq.com")]
    [InlineData("app.datadoghq.com", "app.datadoghq.com")]
    [InlineData("us3.datadoghq.com", "us3.datadoghq.com")]
    [InlineData("https://us2.ddog-gov.com", "us2.ddog-gov.com")]
    [InlineData("https://MyCompany.datadoghq.eu", "mycompany.datadoghq.eu")]
    [InlineData("my-company-2.us5.datadoghq.com", "my-company-2.us5.datadoghq.com")]
    public void ASiteIsAnAppHostOrOneLabelUnderAParameter(string text, string host)
    {
        Assert.True(Sites.TryParseSite(text, out var authorize));
        Assert.Equal(host, authorize.Text);
    }

    [Theory]
    [Trait("security", "21")]
    [InlineData("a.b.datadoghq.com")]
    [InlineData("a.b.us3.datadoghq.com")]
    [InlineData("http-intake.logs.datadoghq.com")]
    [InlineData("-a.datadoghq.com")]
    [InlineData("a-.datadoghq.com")]
    [InlineData("a_b.datadoghq.com")]
    [InlineData("xn--mnchen-3ya.datadoghq.com")]
    [InlineData("api.datadoghq.com")]
    [InlineData("otlp.us3.datadoghq.com")]
    [InlineData("datadoghq.com")]
    [InlineData("browser-intake-ap1-datadoghq.com")]
    public void ASubDomainIsOneLabelThatNoSiteUses(string text) => Assert.False(Sites.TryParseSite(text, out _));

    [Fact]
    [Trait("security", "21")]
    public void ASubDomainIsForTheAuthorizeRedirectAlone()
    {
        Assert.True(Sites.TryParseSite("mycompany.datadoghq.com", out var host));
        Assert.False(Sites.TryParseDomain(host.Text, out _));
        Assert.Null(Sites.Find(host.Text));
        Assert.False(Sites.Allows(host.Text));
        Assert.False(Sites.Allows($"api.{host.Text}"));
    }
}
