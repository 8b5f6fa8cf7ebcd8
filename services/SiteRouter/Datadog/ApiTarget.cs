using System.Buffers;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// The target of a call to Datadog, read from the request line as it came: nothing is decoded, folded or trimmed. A
/// target that needs that (an encoded slash, a dot segment, a backslash, a matrix parameter) might be another path to
/// Datadog than to us, and is refused.
/// </summary>
/// <param name="Query">Empty, or with its question mark.</param>
internal sealed record ApiTarget(string Path, string Query)
{
    // RFC 3986 2.3, unreserved: no path of the API needs more.
    private static readonly SearchValues<char> SegmentCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    );

    /// <summary>Whether every page of the answer is wanted, one item a line.</summary>
    public bool All { get; private init; }

    /// <returns>Null for a target that is not plain.</returns>
    public static ApiTarget? Parse(string rawTarget, ConnectionId connection)
    {
        var prefix = $"/partner/v1/connections/{connection}/datadog";
        if (
            !rawTarget.StartsWith($"{prefix}/", StringComparison.Ordinal)
            || Parse(rawTarget[prefix.Length..]) is not { } target
        )
        {
            return null;
        }

        var pairs = QueryPairs.Of(target.Query);
        return target with { Query = pairs.Without("all").Text, All = pairs["all"] == "true" };
    }

    /// <param name="rawTarget">One of Datadog's own, where <c>all</c> means nothing.</param>
    /// <returns>Null for a target that is not plain.</returns>
    public static ApiTarget? Parse(string rawTarget)
    {
        if (!rawTarget.StartsWith('/'))
        {
            return null;
        }

        var question = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? rawTarget : rawTarget[..question];
        var query = question < 0 ? "" : rawTarget[question..];
        return path[1..].Split('/').All(IsPlain) && !query.Any(c => c is <= ' ' or >= '\x7f' or '#' or '\\')
            ? new ApiTarget(path, query)
            : null;
    }

    private static bool IsPlain(string segment) =>
        segment is not ("" or "." or "..") && !segment.AsSpan().ContainsAnyExcept(SegmentCharacters);
}

/// <summary>A query's pairs as they were written.</summary>
internal readonly record struct QueryPairs(IReadOnlyList<string> Pairs)
{
    public string Text => Pairs.Count == 0 ? "" : $"?{string.Join('&', Pairs)}";

    /// <summary>The last value of that name, decoded.</summary>
    public string? this[string name] =>
        Pairs.LastOrDefault(pair => NameOf(pair) == name) is { } pair
            ? Decode(pair[Math.Min(pair.Length, EndOfName(pair) + 1)..])
            : null;

    public static QueryPairs Of(string query) =>
        new(query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries));

    public QueryPairs Without(string name) => new([.. Pairs.Where(pair => NameOf(pair) != name)]);

    public QueryPairs With(string name, string value) =>
        new([.. Without(name).Pairs, $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}"]);

    private static string NameOf(string pair) => Decode(pair[..EndOfName(pair)]);

    private static int EndOfName(string pair) =>
        pair.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? end : pair.Length;

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
