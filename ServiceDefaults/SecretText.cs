using System.Text.RegularExpressions;

namespace Partner.ServiceDefaults;

/// <summary>Text of others that is kept or shown, without the credentials in it (security 29 and 32).</summary>
public static partial class SecretText
{
    /// <summary>What may be a key, a token or a code becomes <c>***</c>; our own ids stay.</summary>
    public static string Mask(string text) => Secretlike().Replace(text, "***");

    // Keys are 32 hex digits, tokens and codes longer; a name of lower-case words alone is none, however long.
    [GeneratedRegex(
        "(?<![A-Za-z0-9_%+/=-])(?!(?:con|ten|own)_[0-9a-f]{32}(?![A-Za-z0-9_%+/=-]))"
            + "(?=[a-z_%+/=-]*[A-Z0-9])[A-Za-z0-9_%+/=-]{24,}"
    )]
    private static partial Regex Secretlike();
}
