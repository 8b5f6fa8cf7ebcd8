using System.Text;

namespace Partner.Metrics.DogStatsd;

/// <summary>
/// <c>a:b,c</c> of a line, in whatever order: <c>host:</c> is the host, and what clients write for the Agent alone is no
/// tag (datadog-facts 3.2 a).
/// </summary>
internal sealed class LineTags
{
    public static readonly LineTags None = new(null, []);

    private const string HostPrefix = "host:";

    private static readonly string[] ForTheAgent =
    [
        "dd.internal.entity_id:",
        "dd.internal.card:",
        "dd.internal.jmx_check_name:",
    ];

    private LineTags(string? host, string[] tags)
    {
        (Host, Tags) = (host, tags);
        Key = $"{host}\n{string.Join('\n', tags)}";
    }

    /// <summary>Null: no tag says it.</summary>
    public string? Host { get; }

    /// <summary>In order, each once.</summary>
    public IReadOnlyList<string> Tags { get; }

    /// <summary>The same of the same tags and host: no line has a line break in it.</summary>
    public string Key { get; }

    public static LineTags Read(ReadOnlySpan<byte> field)
    {
        string? host = null;
        var tags = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var range in field.Split((byte)','))
        {
            var tag = Encoding.UTF8.GetString(field[range]);
            if (tag.StartsWith(HostPrefix, StringComparison.Ordinal))
            {
                host = tag.Length == HostPrefix.Length ? null : tag[HostPrefix.Length..];
            }
            else if (
                tag.Length > 0
                && !Array.Exists(ForTheAgent, prefix => tag.StartsWith(prefix, StringComparison.Ordinal))
            )
            {
                tags.Add(tag);
            }
        }

        return host is null && tags.Count == 0 ? None : new LineTags(host, [.. tags]);
    }
}
