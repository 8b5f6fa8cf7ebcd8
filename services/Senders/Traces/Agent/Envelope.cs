using Partner.Traces.Wire;

namespace Partner.Traces.Agent;

/// <summary>
/// A map around the traces, which says more of them: the agent's v0.7, <c>{"env":"prod","chunks":[{"priority":1,
/// "spans":[...]}]}</c>, and what tracers send without an agent, <c>{"traces":[{"env":"prod","spans":[...]}]}</c>
/// (datadog-facts 3.6 a, c).
/// </summary>
/// <param name="Traces">The member that has the traces.</param>
/// <param name="HasHexIds">Ids are hexadecimal text.</param>
internal sealed record Envelope(string Traces, bool HasHexIds)
{
    public static readonly Envelope Payload = new("chunks", HasHexIds: false);
    public static readonly Envelope Agentless = new("traces", HasHexIds: true);

    /// <summary>Finds the traces, and what is said of them before and behind their spans.</summary>
    /// <exception cref="MalformedException">It is no such map, or more than is taken.</exception>
    public List<EnvelopedTrace> Read<TReader>(TReader reader)
        where TReader : ISpanReader, allows ref struct
    {
        var (traces, all, isThere) = (new List<EnvelopedTrace>(), new TraceTags(null), false);
        if (reader.TryReadMap(out var left))
        {
            while (reader.Next(ref left))
            {
                var member = reader.ReadKey();
                isThere |= member == Traces;
                if (member == Traces && reader.TryReadArray(out var inside))
                {
                    ReadTraces(ref reader, inside, all, traces);
                }
                else if (!all.TryRead(ref reader, member))
                {
                    reader.Skip();
                }
            }
        }

        if (!isThere)
        {
            throw new MalformedException($"The body is not a map with {Traces}.");
        }

        reader.Finish();
        return traces;
    }

    private static void ReadTraces<TReader>(ref TReader reader, int left, TraceTags all, List<EnvelopedTrace> traces)
        where TReader : ISpanReader, allows ref struct
    {
        while (reader.Next(ref left))
        {
            MalformedException.ThrowIfMore(traces.Count + 1, TracesSender.MaxRequestItems, "traces");
            var (start, isNull, found) = (reader.Start, reader.IsNull, traces.Count);
            if (!reader.TryReadMap(out var members))
            {
                reader.Skip();
                traces.Add(new(start, reader.End, all, isNull ? Fault.NullTrace : Fault.NoTrace));
                continue;
            }

            var tags = new TraceTags(all);
            while (reader.Next(ref members))
            {
                var member = reader.ReadKey();
                if (member == "spans")
                {
                    var spans = reader.Start;
                    reader.Skip();
                    traces.Add(new(spans, reader.End, tags));
                }
                else if (!tags.TryRead(ref reader, member))
                {
                    reader.Skip();
                }
            }

            if (traces.Count == found)
            {
                traces.Add(new(start, reader.End, all, Fault.NoTrace));
            }
        }
    }
}

/// <summary>Where in the body the spans of a trace are, or the whole of what is no trace.</summary>
internal readonly record struct EnvelopedTrace(int Start, int End, TraceTags Tags, Fault? Fault = null);

/// <summary>What an envelope says of a trace, as tags of its spans.</summary>
/// <param name="all">What it says of all traces.</param>
internal sealed class TraceTags(TraceTags? all)
{
    private readonly Dictionary<string, string> _meta = [];
    private double? _priority;

    /// <returns>False: it is none of the members that say something, or of another type, and is not read.</returns>
    public bool TryRead<TReader>(ref TReader reader, string member)
        where TReader : ISpanReader, allows ref struct
    {
        if (TagOf(member) is { } tag)
        {
            var isText = reader.TryReadText(out var text);
            Set(tag, text);
            return isText;
        }

        if (member == "priority" && reader.TryReadInteger(out var priority))
        {
            _priority = (long)priority;
            return true;
        }

        if (member != "tags" || !reader.TryReadMap(out var left))
        {
            return false;
        }

        while (reader.Next(ref left))
        {
            var key = reader.ReadKey();
            if (reader.TryReadText(out var value))
            {
                Set(key, value);
            }
            else
            {
                reader.Skip();
            }
        }

        return true;
    }

    /// <summary>A span's own tags stay as they are.</summary>
    /// <param name="isFirst">The first span speaks for its trace; environment and version are each span's.</param>
    public void AddTo(Span span, bool isFirst)
    {
        foreach (var (key, value) in _meta.Where(tag => isFirst || tag.Key is Tag.Environment or Tag.Version))
        {
            span.Meta.TryAdd(key, value);
        }

        if (isFirst && _priority is { } priority)
        {
            span.Metrics.TryAdd(Tag.SamplingPriority, priority);
        }

        all?.AddTo(span, isFirst);
    }

    private void Set(string key, string value)
    {
        // Far more than a tracer writes; a trace with more keeps these.
        if (value.Length > 0 && _meta.Count < AgentSpan.MaxTags)
        {
            _meta[key] = value;
        }
    }

    private static string? TagOf(string member) =>
        member switch
        {
            "env" => Tag.Environment,
            "app_version" => Tag.Version,
            "hostname" => "_dd.hostname",
            "language_name" or "languageName" => Tag.Language,
            "runtime_id" or "runtimeID" => "runtime-id",
            "container_id" => "container_id",
            "origin" => Tag.Origin,
            _ => null,
        };
}
