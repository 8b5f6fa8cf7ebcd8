namespace Partner.Traces.Otlp;

/// <summary>An item that is being put together of one scope's spans.</summary>
internal ref struct OpenItem(ProtoWriter writer, ReadOnlySpan<byte> head, ReadOnlySpan<byte> scopeHead)
{
    private readonly ReadOnlySpan<byte> _head = head;
    private readonly ReadOnlySpan<byte> _scopeHead = scopeHead;
    private int _spans;
    private long _weight;
    private int _start;
    private int _resource;
    private int _scope;

    public void Add(ReadOnlySpan<byte> span, List<Item> items)
    {
        var weight = _head.Length + _scopeHead.Length + span.Length;
        if (_spans == OtlpRequest.MaxItemSpans || _weight + weight > OtlpRequest.MaxItemBytes)
        {
            End(items);
        }

        if (_spans++ == 0)
        {
            _start = writer.Length;
            _resource = writer.Begin(OtlpFields.Resources);
            writer.Raw(_head);
            _scope = writer.Begin(OtlpFields.Resource.Scopes);
            writer.Raw(_scopeHead);
        }

        _weight += weight;
        writer.Bytes(OtlpFields.Scope.Items, span);
    }

    public void End(List<Item> items)
    {
        if (_spans > 0)
        {
            writer.End(_scope);
            writer.End(_resource);
            items.Add(new Item(_start, writer.Length - _start, 0));
        }

        (_spans, _weight) = (0, 0);
    }
}
