using System.Text.RegularExpressions;

namespace Partner.Sending.Delivery;

/// <summary>
/// Datadog's answer, without the credentials of a request that it repeats: the text is kept with dead letters and shown
/// (security 29 and 32).
/// </summary>
internal static partial class AnswerText
{
    /// <param name="isCut">The last word may be the beginning of a longer one.</param>
    public static string Masked(string text, bool isCut)
    {
        // Postgres keeps no NUL in a text.
        var masked = Secretlike().Replace(text.Replace('\0', ' '), "***");
        return isCut ? LastWord().Replace(masked, "***") : masked;
    }

    // Keys are 32 hex digits, tokens and codes longer; a name of lower-case words alone is none, however long.
    [GeneratedRegex("(?<![A-Za-z0-9_+/=-])(?=[a-z_+/=-]*[A-Z0-9])[A-Za-z0-9_+/=-]{24,}")]
    private static partial Regex Secretlike();

    [GeneratedRegex(@"[A-Za-z0-9_+/=-]+\z")]
    private static partial Regex LastWord();
}
