using System.Text;
using Partner.Egress;

namespace Partner.Testing;

/// <summary>
/// Texts that somebody may send as <c>site</c> or <c>domain</c>: real ones, changed in none to three places, and noise.
/// The same numbers give the same text.
/// </summary>
public static class HostileSites
{
    /// <summary>How many numbers make one text.</summary>
    public const int Numbers = 12;

    private static readonly string[] Seeds =
    [
        .. SiteRegistry
            .BuiltIn()
            .Sites.SelectMany(site =>
                new[]
                {
                    site.Parameter.Text,
                    site.AppHost,
                    $"https://{site.AppHost}",
                    $"https://{site.AppHost}/",
                    $"mycompany.{site.Parameter}",
                }.Concat(site.Hosts.Values)
            ),
        "evil.tld",
        "https://evil.tld",
        "127.0.0.1",
        "[::1]",
        "169.254.169.254",
        "",
    ];

    private static readonly string[] Pieces =
    [
        ".",
        "..",
        "/",
        "//",
        "\\",
        "@",
        "#",
        "?",
        ":",
        ":443",
        ":8443",
        "-",
        "--",
        "_",
        "%",
        "%2e",
        "%2f",
        "%00",
        "\0",
        " ",
        "\t",
        "\r\n",
        "a",
        "Z",
        "0",
        "xn--",
        "evil.tld",
        ".evil.tld",
        "evil.tld/",
        "user@",
        "https://",
        "http://",
        "us3.",
        "app.",
        "api.",
        ".com",
        "\u3002",
        "\uFF0E",
        "\uFF61",
        "\u212A",
        "\u017F",
        "\u0131",
        "\u0430",
        "\u200B",
        "\u00AD",
        "\uFEFF",
        "\uD83D\uDE00",
        "\uD800",
    ];

    public static IEnumerable<string> Generate(int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            yield return From([.. Enumerable.Range(0, Numbers).Select(_ => random.Next(ushort.MaxValue + 1))]);
        }
    }

    /// <param name="numbers"><see cref="Numbers"/> of them, 0 to 65,535.</param>
    public static string From(int[] numbers)
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
}
