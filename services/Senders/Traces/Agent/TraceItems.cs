using Partner.Traces.Otlp;

namespace Partner.Traces.Agent;

/// <summary>The items that traces become: a trace each, or several if it is large.</summary>
internal sealed class TraceItems(ProtoWriter writer)
{
    private readonly List<Item> _items = [];
    private readonly List<Span> _spans = [];
    private int _bytes;
    private int _leftOut;
    private ulong _high;

    /// <param name="bytes">As it came.</param>
    public void Add(Span span, int bytes)
    {
        _spans.Add(span);
        _bytes += bytes;
        _leftOut += span.LeftOut;
        // Tracers say the upper half of the trace's id on its first span only.
        _high = _high == 0 ? span.TraceIdHigh : _high;
        if (_spans.Count == AgentTraces.MaxItemSpans || _bytes >= AgentTraces.MaxItemBytes)
        {
            Write();
        }
    }

    public void EndTrace()
    {
        Write();
        _high = 0;
    }

    public ParsedBody Finish(DeadSpans dead) =>
        dead.Beside(new ParsedBody(writer.Written, _items, "") { LeftOut = _leftOut });

    private void Write()
    {
        if (_spans.Count > 0)
        {
            var start = writer.Length;
            OtlpWriter.WriteTrace(writer, _spans, _high);
            _items.Add(new Item(start, writer.Length - start, 0));
        }

        _spans.Clear();
        _bytes = 0;
    }
}
