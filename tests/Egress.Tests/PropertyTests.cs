using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Partner.Testing;

namespace Partner.Egress.Tests;

[Trait("security", "26")]
public sealed partial class PropertyTests
{
    private static readonly SiteRegistry Sites = SiteRegistry.BuiltIn();
    private static readonly AuthorizeUrls Urls = new(null);

    [Fact]
    public void EveryTextSelectsARowOrIsRefused() => Check(20_000);

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public void EveryTextOfAMillionSelectsARowOrIsRefused() => Check(1_000_000);

    private static void Check(int count)
    {
        var (domains, sites) = (0, 0);
        Prop.ForAll(
                Gen.ArrayOf(Gen.Choose(0, ushort.MaxValue), HostileSites.Numbers)
                    .Select(HostileSites.From)
                    .ToArbitrary(),
                text =>
                {
                    domains += DomainIsRight(text) ? 1 : 0;
                    sites += SiteIsRight(text) ? 1 : 0;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(count));
        // Otherwise it would prove nothing.
        Assert.InRange(domains, count / 200, count / 2);
        Assert.InRange(sites, count / 100, count / 2);
    }

    private static bool DomainIsRight(string text)
    {
        var row = Sites.Sites.SingleOrDefault(site => IsSameAscii(text, site.Parameter.Text));
        Assert.Equal(row is not null, Sites.TryParseDomain(text, out var site));
        Assert.Same(row, site);
        return row is not null;
    }

    private static bool SiteIsRight(string text)
    {
        if (!Sites.TryParseSite(text, out var host))
        {
            Assert.Equal(default, host);
            Assert.DoesNotContain(Sites.Sites, site => text == site.AppHost || text == $"https://{site.AppHost}");
            return false;
        }

        Assert.Matches(Plain(), host.Text);
        Assert.Contains(
            Sites.Sites,
            site =>
                host.Text == site.AppHost
                || (
                    host.Text.EndsWith($".{site.Parameter}", StringComparison.Ordinal)
                    && !host.Text[..^(site.Parameter.Text.Length + 1)].Contains('.')
                )
        );
        Assert.False(Sites.Allows(host.Text));
        var bare = text.StartsWith("https://", StringComparison.Ordinal)
            ? text["https://".Length..].TrimEnd('/')
            : text;
        Assert.True(IsSameAscii(bare, host.Text));
        var url = Urls.Build(host, []);
        Assert.Equal($"https://{host.Text}/oauth2/v1/authorize", url.AbsoluteUri);
        Assert.Equal((host.Text, 443, ""), (url.IdnHost, url.Port, url.UserInfo));
        return true;
    }

    private static bool IsSameAscii(string text, string lower) =>
        text.Length == lower.Length
        && text.Zip(lower)
            .All(pair =>
                pair.First == pair.Second || (pair.First is >= 'A' and <= 'Z' && pair.First + 0x20 == pair.Second)
            );

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\z")]
    private static partial Regex Plain();
}
