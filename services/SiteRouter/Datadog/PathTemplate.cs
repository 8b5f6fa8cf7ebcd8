using System.Text.RegularExpressions;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// <c>/api/v1/monitor/{id:number}</c>. A parameter is of a kind, so that it does not stand for the name of an endpoint
/// that is not listed.
/// </summary>
internal sealed partial class PathTemplate
{
    private static readonly Dictionary<string, Regex> Kinds = new()
    {
        ["number"] = Number(),
        ["uuid"] = Uuid(),
        ["triple"] = Triple(),
        ["hex"] = Hex(),
        ["name"] = Name(),
    };

    private readonly (string Literal, Regex? Kind)[] _segments;

    private PathTemplate(string text, (string, Regex?)[] segments) => (Text, _segments) = (text, segments);

    public string Text { get; }

    public int Parameters => _segments.Count(segment => segment.Kind is not null);

    /// <returns>Null for a text that is no template of Datadog's API.</returns>
    public static PathTemplate? Parse(string text)
    {
        // Nothing but /api/: paths under /oauth2/ are between Auth and Datadog.
        if (
            !text.StartsWith("/api/v1/", StringComparison.Ordinal)
            && !text.StartsWith("/api/v2/", StringComparison.Ordinal)
        )
        {
            return null;
        }

        var segments = text[1..].Split('/').Select(Segment).ToArray();
        return segments.All(segment => segment is not null)
            ? new PathTemplate(text, [.. segments.Select(segment => segment!.Value)])
            : null;
    }

    public bool Matches(string[] path)
    {
        if (path.Length != _segments.Length)
        {
            return false;
        }

        for (var i = 0; i < path.Length; i++)
        {
            var (literal, kind) = _segments[i];
            if (kind is null ? path[i] != literal : !kind.IsMatch(path[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => Text;

    private static (string, Regex?)? Segment(string text) =>
        Literal().IsMatch(text) ? (text, null)
        : Parameter().Match(text) is { Success: true } match && Kinds.TryGetValue(match.Groups[1].Value, out var kind)
            ? (text, kind)
        : null;

    [GeneratedRegex(@"^[a-z0-9_-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Literal();

    [GeneratedRegex(@"^\{[a-z_]+:([a-z]+)\}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^[0-9]{1,20}\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\z")]
    private static partial Regex Uuid();

    // A dashboard's or a synthetic test's: abc-def-ghi.
    [GeneratedRegex(@"^[a-z0-9]{3}-[a-z0-9]{3}-[a-z0-9]{3}\z")]
    private static partial Regex Triple();

    [GeneratedRegex(@"^[0-9a-f]{32}\z")]
    private static partial Regex Hex();

    // A metric's (datadog-facts 3.2).
    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_.]{0,199}\z")]
    private static partial Regex Name();
}
