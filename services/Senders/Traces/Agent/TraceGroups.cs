using Partner.Traces.Otlp;

namespace Partner.Traces.Agent;

/// <summary>An item's spans by trace.</summary>
internal static class TraceGroups
{
    public static List<List<Span>> Of(ReadOnlySpan<byte> item) =>
        [.. OtlpReader.ReadAll(item).GroupBy(span => (span.TraceIdHigh, span.TraceId)).Select(trace => trace.ToList())];

    /// <summary>Which spans are the first of their service on the way from the root.</summary>
    public static List<bool> TopLevel(List<Span> trace)
    {
        var services = new Dictionary<ulong, string>();
        trace.ForEach(span => services.TryAdd(span.SpanId, span.Service));
        return trace.ConvertAll(span =>
            span.ParentId == 0 || services.GetValueOrDefault(span.ParentId) != span.Service
        );
    }
}
