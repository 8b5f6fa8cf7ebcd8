using System.Security.Cryptography;

namespace Partner.Auth.IngestKeys;

/// <summary>What an ingest key looks like: to Datadog's clients as a key of Datadog's own.</summary>
internal static class IngestKeyText
{
    // Some Datadog clients check that a key is 32 hexadecimal digits.
    private const int Digits = 32;
    private const int Shown = 4;

    public static string New(IngestKeyKind kind) =>
        MarkOf(kind) + RandomNumberGenerator.GetHexString(Digits, lowercase: true);

    /// <summary>The mark and four digits, which are all that is ever shown again (security 39).</summary>
    public static string Prefix(IngestKeyKind kind, string key) => key[..(MarkOf(kind).Length + Shown)];

    private static string MarkOf(IngestKeyKind kind) => kind == IngestKeyKind.ClientToken ? ClientToken.Mark : "";
}
