namespace Partner.Egress.Tests;

public sealed class AuthorizeUrlsTests
{
    private static readonly SiteRegistry Sites = SiteRegistry.BuiltIn();

    [Fact]
    public void TheQueryIsEncoded()
    {
        Assert.True(Sites.TryParseSite("mycompany.datadoghq.com", out var host));
        var url = new AuthorizeUrls(null).Build(
            host,
            [new("redirect_uri", "https://p.example/cb?a=b&c"), new("state", "a+b c")]
        );
        Assert.Equal(
            "https://mycompany.datadoghq.com/oauth2/v1/authorize?redirect_uri=https%3A%2F%2Fp.example%2Fcb%3Fa%3Db%26c&state=a%2Bb%20c",
            url.AbsoluteUri
        );
    }

    [Fact]
    public void TheSandboxsPagesTakeDatadogsPlace()
    {
        var host = Sites.AuthorizeHostOf(Sites.Find("us3.datadoghq.com")!);
        Assert.Equal(
            "http://us3.datadoghq.com.localhost:8123/oauth2/v1/authorize?a=b",
            new AuthorizeUrls(new Uri("http://localhost:8123")).Build(host, [new("a", "b")]).AbsoluteUri
        );
    }

    [Fact]
    public void AHostThatIsNoneIsRefused() =>
        Assert.Throws<ArgumentNullException>(() => new AuthorizeUrls(null).Build(default, []));
}
