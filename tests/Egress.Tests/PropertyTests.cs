using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;

namespace Partner.Egress.Tests;

[Trait("security", "26")]
public sealed partial class PropertyTests
{
    private static readonly SiteRegistry Sites = SiteRegistry.BuiltIn();
    private static readonly AuthorizeUrls Urls = new(null);

    private static readonly string[] Seeds =
    [
        .. Sites.Sites.SelectMany(site => new[] { site.Parameter.Text, site.AppHost, $"https://{site.AppHost}", $"https://{site.AppHost}/" }),
        .. Sites.Sites.SelectMany(site => site.Hosts.Values),
        .. Sites.Sites.Select(site => $"mycompany.{site.Parameter}"),
        "evil.tld", "https://evil.tld", "127.0.0.1", "[::1]", "169.254.169.254", "",
    ];

    private static readonly string[] Pieces =
    [
        ".", "..", "/", "//", "\\", "@", "#", "?", ":", ":443", ":8443", "-", "--", "_", "%", "%2e", "%2f", "%00", "\0", " ", "\t", "\r\n",
        "a", "Z", "0", "xn--", "evil.tld", ".evil.tld", "evil.tld/", "user@", "https://", "http://", "us3.", "app.", "api.", ".com",
        "\u3002", "\uFF0E", "\uFF61", "\u212A", "\u017F", "\u0131", "\u0430", "\u200B", "\u00AD", "\uFEFF", "\uD83D\uDE00", "\uD800",
    ];

    [Fact]
    public void EveryTextSelectsARowOrIsRefused() => Check(20_000);

    [Fact]
    [Trait("tier", "long")]
    public void EveryTextOfAMillionSelectsARowOrIsRefused() => Check(1_000_000);

    private static void Check(int count)
    {
        var (domains, sites) = (0, 0);
        Prop.ForAll(Gen.ArrayOf(Gen.Choose(0, ushort.MaxValue), 12).Select(Text).ToArbitrary(), text =>
        {
            domains += DomainIsRight(text) ? 1 : 0;
            sites += SiteIsRight(text) ? 1 : 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count));
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
        Assert.Contains(Sites.Sites, site =>
            host.Text == site.AppHost
            || (host.Text.EndsWith($".{site.Parameter}", StringComparison.Ordinal) && !host.Text[..^(site.Parameter.Text.Length + 1)].Contains('.')));
        Assert.False(Sites.Allows(host.Text));
        var bare = text.StartsWith("https://", StringComparison.Ordinal) ? text["https://".Length..].TrimEnd('/') : text;
        Assert.True(IsSameAscii(bare, host.Text));
        var url = Urls.Build(host, []);
        Assert.Equal($"https://{host.Text}/oauth2/v1/authorize", url.AbsoluteUri);
        Assert.Equal((host.Text, 443, ""), (url.IdnHost, url.Port, url.UserInfo));
        return true;
    }

    /// <summary>Numbers to text: one of the seeds, changed in none to three places; one in sixteen is noise alone.</summary>
    private static string Text(int[] numbers)
    {
        if (numbers[0] % 16 == 0)
        {
            return new string([.. numbers.Skip(2).Take(numbers[1] % 10).Select(number => (char)number)]);
        }

        var text = new StringBuilder(Seeds[numbers[1] % Seeds.Length]);
        for (var change = 0; change < numbers[2] % 4; change++)
        {
            var (kind, at, piece) = (numbers[3 + (change * 3)], numbers[4 + (change * 3)], numbers[5 + (change * 3)]);
            Change(text, kind % 6, at % (text.Length + 1), Pieces[piece % Pieces.Length]);
        }

        return text.ToString();
    }

    private static void Change(StringBuilder text, int kind, int at, string piece)
    {
        switch (kind)
        {
            case 0:
                text.Insert(at, piece);
                break;
            case 1:
                text.Append(piece);
                break;
            case 2:
                text.Insert(0, piece);
                break;
            case 3 when at < text.Length:
                text.Remove(at, 1);
                break;
            case 4 when at < text.Length:
                text.Remove(at, 1).Insert(at, piece);
                break;
            case 5 when at < text.Length && char.IsAsciiLetter(text[at]):
                text[at] = (char)(text[at] ^ 0x20);
                break;
        }
    }

    private static bool IsSameAscii(string text, string lower) =>
        text.Length == lower.Length
        && text.Zip(lower).All(pair => pair.First == pair.Second || (pair.First is >= 'A' and <= 'Z' && pair.First + 0x20 == pair.Second));

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\z")]
    private static partial Regex Plain();
}
