using System.Collections.Frozen;
using System.Text.Json;

namespace Partner.Logs;

/// <summary>
/// The query's attributes. With a text body all of them become part of each log, as a drain's URL has them
/// (https://docs.datadoghq.com/logs/guide/collect-heroku-logs/). With JSON those that Datadog names go out as they came
/// in, as the batch's own query: what Datadog does with them there is documented for text only, and is not ours to guess.
/// </summary>
internal static class LogsQuery
{
    public const int MaxLength = 4_000;

    private static readonly string[] Names = ["ddsource", "ddtags", "host", "hostname", "service"];

    // Keys in any spelling, parameters for this system itself, and the line itself.
    private static readonly FrozenSet<string> Left = FrozenSet.ToFrozenSet([
        "ddapikey",
        "apikey",
        "ddapplicationkey",
        "applicationkey",
        "wait",
        "message",
    ]);

    public static bool TryEncode(IQueryCollection query, out string encoded)
    {
        encoded = string.Join(
            '&',
            Names
                .Where(name => query[name].Count > 0 && query[name].ToString().Length > 0)
                .Select(name => $"{name}={Uri.EscapeDataString(query[name].ToString())}")
        );
        return encoded.Length <= MaxLength;
    }

    /// <summary>The members that each log of a text body gets, in the order of their names.</summary>
    public static IReadOnlyList<(JsonEncodedText Name, JsonEncodedText Value)> Members(IQueryCollection query) =>
        [
            .. query
                .Where(parameter => parameter.Key.Length > 0 && !Left.Contains(Plain(parameter.Key)))
                .OrderBy(parameter => parameter.Key, StringComparer.Ordinal)
                // Datadog's own names keep Datadog's spelling, regardless of the URL's.
                .Select(parameter =>
                    (
                        JsonEncodedText.Encode(
                            Names.FirstOrDefault(n => n.Equals(parameter.Key, StringComparison.OrdinalIgnoreCase))
                                ?? parameter.Key
                        ),
                        JsonEncodedText.Encode(parameter.Value.ToString())
                    )
                ),
        ];

    private static string Plain(string name) =>
        name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
