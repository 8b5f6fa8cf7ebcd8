using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Monitoring;

/// <summary>
/// What an expression of PromQL names: its metrics, and of each the labels that it has to have, since a matcher or the
/// grouping around it asks for them. Whether it is an expression at all is promtool's to say.
/// </summary>
internal sealed partial class Promql
{
    private static readonly HashSet<string> Words =
    [
        "and",
        "or",
        "unless",
        "offset",
        "bool",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "by",
        "without",
        "sum",
        "min",
        "max",
        "avg",
        "count",
        "topk",
    ];

    private readonly List<string> _tokens;
    private readonly Stack<(int Depth, string[] Labels)> _groups = new();
    private int _at;

    private Promql(string expression) => _tokens = [.. Token().Matches(expression).Select(m => m.Value)];

    /// <summary>Of each metric the labels that are asked of it.</summary>
    public List<(string Metric, HashSet<string> Labels)> Uses { get; } = [];

    /// <summary>The labels that the result may have.</summary>
    public HashSet<string> Results { get; } = [];

    public static Promql Read(string expression)
    {
        var read = new Promql(expression);
        read.Walk();
        return read;
    }

    private void Walk()
    {
        var depth = 0;
        for (; _at < _tokens.Count; _at++)
        {
            var (token, next) = (_tokens[_at], _at + 1 < _tokens.Count ? _tokens[_at + 1] : "");
            switch (token)
            {
                case "(":
                    depth++;
                    break;
                case ")":
                    depth--;
                    while (_groups.TryPeek(out var group) && group.Depth > depth)
                    {
                        _groups.Pop();
                    }

                    break;
                case "by":
                    var labels = List();
                    Results.UnionWith(labels);
                    // Of all that is in the brackets which follow.
                    _groups.Push((depth + 1, labels));
                    break;
                case "on" or "ignoring" or "group_left" or "group_right" or "without":
                    List();
                    break;
                default:
                    if (IsName(token) && next != "(" && !Words.Contains(token))
                    {
                        Uses.Add((token, [.. _groups.SelectMany(g => g.Labels), .. Matchers()]));
                    }

                    break;
            }
        }
    }

    // After a word: "(a, b)".
    private string[] List()
    {
        var labels = new List<string>();
        for (_at += 2; _tokens[_at] != ")"; _at++)
        {
            if (IsName(_tokens[_at]))
            {
                labels.Add(_tokens[_at]);
            }
        }

        return [.. labels];
    }

    // After a metric: "{a="x", b!~"y"}", or nothing.
    private List<string> Matchers()
    {
        var labels = new List<string>();
        if (_at + 1 < _tokens.Count && _tokens[_at + 1] == "{")
        {
            for (_at += 2; _tokens[_at] != "}"; _at++)
            {
                if (IsName(_tokens[_at]))
                {
                    labels.Add(_tokens[_at]);
                    // absent() has them in its result.
                    Results.Add(_tokens[_at]);
                }
            }
        }

        return labels;
    }

    private static bool IsName(string token) => char.IsAsciiLetter(token[0]) || token[0] == '_';

    [GeneratedRegex(
        """
            "(?:[^"\\]|\\.)*"|[0-9][0-9a-z.]*|[a-zA-Z_:][a-zA-Z0-9_:]*|[^\s]
            """,
        RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Token();
}
