namespace Partner.Sending.Otlp;

/// <summary>
/// What Datadog makes of a resource's attributes: the host, the service and tags (datadog-facts 3.9 a). Of a name that
/// stands there twice the last value counts.
/// </summary>
public sealed class OtlpResource
{
    private const string ContainerTag = "datadog.container.tag.";

    // The first that is there names the process; the others would say the same at greater length.
    private static readonly string[] Process =
    [
        "process.executable.name",
        "process.executable.path",
        "process.command",
        "process.command_line",
    ];

    private static readonly string[] NoHosts =
    [
        "",
        "0.0.0.0",
        "127.0.0.1",
        "localhost",
        "localhost.localdomain",
        "localhost6.localdomain6",
        "ip6-localhost",
    ];

    private readonly Dictionary<string, string> _attributes;
    private IReadOnlyList<string>? _tags;

    private OtlpResource(Dictionary<string, string> attributes)
    {
        _attributes = attributes;
        Host = FindHost() is { } host && !NoHosts.Contains(host) ? host : null;
        Service = Find("service.name");
    }

    public string? Host { get; }

    public string? Service { get; }

    /// <summary>Made when they are asked for: of a record's own attributes only the host is.</summary>
    public IReadOnlyList<string> Tags => _tags ??= [.. FindTags().Distinct(StringComparer.Ordinal)];

    /// <param name="message">A message with attributes; nothing where there is none.</param>
    /// <param name="field">Of the attributes.</param>
    public static OtlpResource Of(ReadOnlySpan<byte> message, int field)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == field)
            {
                var key = OtlpValue.KeyOf(reader.ReadBytes(), out var value);
                attributes[key] = OtlpValue.TextOf(value);
            }
        }

        return new(attributes);
    }

    public string? Find(string name) => _attributes.TryGetValue(name, out var text) && text.Length > 0 ? text : null;

    private string? FindHost() =>
        Find("host")
        ?? Find("datadog.host.name")
        ?? (
            Find("aws.ecs.launchtype") == "fargate"
                ? null
                : Find("cloud.provider") switch
                {
                    "aws" => Find("host.id"),
                    "gcp" => GoogleHost(),
                    "azure" => Find("host.id") ?? Find("host.name"),
                    _ => KubernetesHost() ?? Find("host.id") ?? Find("host.name"),
                }
        );

    private string? GoogleHost()
    {
        if (Find("host.name") is not { } name || Find("cloud.account.id") is not { } project)
        {
            return null;
        }

        return $"{(name.Count(c => c == '.') >= 3 ? name[..name.IndexOf('.')] : name)}.{project}";
    }

    private string? KubernetesHost()
    {
        if (Find("k8s.node.name") is not { } node)
        {
            return null;
        }

        var cluster = Find("k8s.cluster.name");
        return cluster is null ? node : $"{node}-{cluster}";
    }

    private IEnumerable<string> FindTags()
    {
        foreach (var (key, value) in _attributes)
        {
            if (value.Length == 0)
            {
                continue;
            }

            if (OtlpTags.Mapped.TryGetValue(key, out var tag))
            {
                yield return $"{tag}:{value}";
            }

            if (OtlpTags.Kept.Contains(key))
            {
                yield return $"{key}:{value}";
            }

            // What the conventions name goes before what somebody has named himself.
            if (
                key.Length > ContainerTag.Length
                && key.StartsWith(ContainerTag, StringComparison.Ordinal)
                && !OtlpTags.Mapped.Any(pair => pair.Value == key[ContainerTag.Length..] && Find(pair.Key) is not null)
            )
            {
                yield return $"{key[ContainerTag.Length..]}:{value}";
            }
        }

        if (Array.Find(Process, name => Find(name) is not null) is { } process)
        {
            yield return $"{process}:{Find(process)}";
        }
    }
}
