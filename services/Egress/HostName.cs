using System.Buffers;

namespace Partner.Egress;

/// <summary>
/// Host names as Datadog has them: lower-case ASCII letters, digits and hyphens. Nothing is trimmed, folded or
/// converted: a name that needs that is not one of ours (security 20).
/// </summary>
internal static class HostName
{
    public const int MaxLength = 253;
    private const int MaxLabel = 63;

    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyz0123456789-"
    );

    public static bool IsValid(string host)
    {
        if (host.Length is 0 or > MaxLength)
        {
            return false;
        }

        foreach (var label in host.AsSpan().Split('.'))
        {
            if (!IsLabel(host.AsSpan(label)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// A label by RFC 1123 2.1; those of RFC 5890 (<c>xn--</c>), which look like others to people, are refused.
    /// </summary>
    public static bool IsLabel(ReadOnlySpan<char> label) =>
        label.Length is > 0 and <= MaxLabel
        && label[0] != '-'
        && label[^1] != '-'
        && !(label.Length >= 4 && label[2] == '-' && label[3] == '-')
        && !label.ContainsAnyExcept(LabelCharacters);

    /// <summary>Whether <paramref name="host"/> is <paramref name="parent"/> and one label or more before it.</summary>
    public static bool IsUnder(string host, string parent) =>
        host.Length > parent.Length + 1
        && host.EndsWith(parent, StringComparison.Ordinal)
        && host[host.Length - parent.Length - 1] == '.';

    /// <summary>Whether <paramref name="host"/> is exactly one label and <paramref name="parent"/>.</summary>
    public static bool IsOneLabelUnder(string host, string parent) =>
        IsUnder(host, parent) && IsLabel(host.AsSpan(0, host.Length - parent.Length - 1));
}
