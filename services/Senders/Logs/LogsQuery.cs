namespace Partner.Logs;

/// <summary>
/// The query's attributes. With a text body they become part of each log. With JSON they go out as they came in, as
/// the batch's own query: what Datadog does with them there is documented for text only, and is not ours to guess.
/// </summary>
internal static class LogsQuery
{
    public const int MaxLength = 4_000;

    public static readonly IReadOnlyList<string> Names = ["ddsource", "ddtags", "hostname", "service"];

    public static bool TryEncode(IQueryCollection query, out string encoded)
    {
        encoded = string.Join('&', Names
            .Where(name => query[name].Count > 0 && query[name].ToString().Length > 0)
            .Select(name => $"{name}={Uri.EscapeDataString(query[name].ToString())}"));
        return encoded.Length <= MaxLength;
    }
}
