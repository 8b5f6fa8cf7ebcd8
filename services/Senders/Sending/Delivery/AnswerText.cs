using System.Text.RegularExpressions;

namespace Partner.Sending.Delivery;

/// <summary>Datadog's answer, without the credentials of a request that it repeats.</summary>
internal static partial class AnswerText
{
    /// <param name="isCut">The last word may be the beginning of a longer one.</param>
    public static string Masked(string text, bool isCut)
    {
        // Postgres keeps no NUL in a text.
        var masked = SecretText.Mask(text.Replace('\0', ' '));
        return isCut ? LastWord().Replace(masked, "***") : masked;
    }

    [GeneratedRegex(@"[A-Za-z0-9_+/=-]+\z")]
    private static partial Regex LastWord();
}
