namespace Partner.Traces;

/// <summary>A span as Datadog has it (datadog-facts 3.6 a, c).</summary>
internal sealed record Span
{
    /// <summary>Characters of service and name (datadog-facts 3.6); longer ones are cut, as the Agent does.</summary>
    public const int MaxName = 100;

    /// <summary>Characters of a resource (datadog-facts 3.6).</summary>
    public const int MaxResource = 5_000;

    /// <summary>The upper half of a 128-bit trace id; 0 if the id has 64.</summary>
    public ulong TraceIdHigh { get; set; }

    public ulong TraceId { get; set; }

    public ulong SpanId { get; set; }

    public ulong ParentId { get; set; }

    public string Service { get; set; } = "";

    public string Name { get; set; } = "";

    public string Resource { get; set; } = "";

    public string Type { get; set; } = "";

    /// <summary>Unix nanoseconds.</summary>
    public long Start { get; set; }

    /// <summary>Nanoseconds.</summary>
    public long Duration { get; set; }

    public bool Error { get; set; }

    /// <summary>Fields and tags that were of another type than they are to have.</summary>
    public int LeftOut { get; set; }

    /// <summary>Events, links and their attributes, which are one tag each.</summary>
    public int Parts { get; set; }

    public Dictionary<string, string> Meta { get; } = [];

    public Dictionary<string, double> Metrics { get; } = [];

    /// <summary>Values are MessagePack.</summary>
    public Dictionary<string, byte[]> MetaStruct { get; } = [];

    /// <summary>Cuts what is too long, and names what has no name as the Agent's normalizer does.</summary>
    public Span Normalize()
    {
        Service = Cut(Service.Length == 0 ? "unnamed-service" : Service, MaxName);
        Name = Cut(Name.Length == 0 ? "unnamed_operation" : Name, MaxName);
        Resource = Cut(Resource.Length == 0 ? Name : Resource, MaxResource);
        return this;
    }

    // Not between the halves of a surrogate pair.
    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}

/// <summary>Names with a meaning of their own among a span's tags.</summary>
internal static class Tag
{
    /// <summary>The upper half of the trace id, 16 hex digits, on a trace's first span.</summary>
    public const string TraceIdHigh = "_dd.p.tid";

    public const string SamplingPriority = "_sampling_priority_v1";
    public const string Origin = "_dd.origin";
    public const string ComputeStats = "_dd.compute_stats";
    public const string TraceRoot = "_trace_root";
    public const string TopLevel = "_top_level";
    public const string Kind = "span.kind";
    public const string Environment = "env";
    public const string Version = "version";
    public const string Language = "language";
    public const string ErrorMessage = "error.message";

    /// <summary>Our prefix of what has no place in OTLP but as bytes.</summary>
    public const string MetaStruct = "_dd.meta_struct.";
}
