using Partner.Traces.Wire;

namespace Partner.Traces.Otlp;

/// <summary>
/// Cuts an ExportTraceServiceRequest into items: a ResourceSpans each, tag included, so that items in a row are a
/// request again. Bytes stay as sent, but for a ResourceSpans that is cut into several, because it is large or holds
/// spans that cannot be sent. The request is counted and checked where it stands: nothing is made of it.
/// </summary>
internal sealed class OtlpRequest
{
    /// <summary>
    /// Bytes of an item, its resource counted once per span: intakes other than OTLP take it with each.
    /// </summary>
    public const int MaxItemBytes = 1_000_000;

    /// <summary>Spans of an item; other intakes' forms are made of an item at a time.</summary>
    public const int MaxItemSpans = 10_000;

    /// <summary>What repeating resources may add to one of them.</summary>
    private const long MaxRepeated = 64_000_000;

    private readonly ReadOnlyMemory<byte> _request;
    private readonly MemoryCharge _memory;
    private readonly List<Item> _items = [];
    private readonly DeadSpans _dead;

    // What is cut is copied, and with it all else.
    private ProtoWriter? _cut;
    private int _resources;
    private int _spans;

    private OtlpRequest(ReadOnlyMemory<byte> request, MemoryCharge memory) =>
        (_request, _memory, _dead) = (request, memory, new DeadSpans(memory, default));

    /// <exception cref="MalformedException">It cannot be read to its end, or is more than is taken.</exception>
    public static ParsedBody Parse(ReadOnlyMemory<byte> request, MemoryCharge memory)
    {
        var parts = new OtlpRequest(request, memory);
        parts.Read();
        return parts._dead.Beside(new ParsedBody(parts._cut?.Written ?? request, parts._items, ""));
    }

    private void Read()
    {
        var reader = new ProtobufReader(_request.Span);
        while (reader.Next())
        {
            if (reader.Field != OtlpFields.Resources)
            {
                continue;
            }

            MalformedException.ThrowIfMore(++_resources, TracesSender.MaxRequestItems, "resources and scopes");
            var message = reader.ReadBytes();
            if (!reader.IsBad)
            {
                Add(message, new Item(reader.Start, reader.Position - reader.Start, 0));
            }
        }

        if (reader.IsBad)
        {
            throw new MalformedException("The protobuf message is cut off, or is none.");
        }
    }

    private void Add(ReadOnlySpan<byte> message, Item item)
    {
        var (spans, bad, weight) = Weigh(message);
        if (spans < 0)
        {
            _dead.Add(Fault.UnreadableResource, _request.Span.Slice(item.Offset, item.Length));
        }
        else if (bad > 0 || (spans > 1 && (weight > MaxItemBytes || spans > MaxItemSpans)))
        {
            Cut(message);
        }
        else if (spans > 0)
        {
            _items.Add(_cut is null ? item : Copy(item, _cut));
        }
    }

    /// <returns>Spans, or -1 where they cannot be told; how many cannot be sent; bytes with resources once per span.</returns>
    private (int Spans, int Bad, long Weight) Weigh(ReadOnlySpan<byte> message)
    {
        if (
            !IsReadable(
                message,
                OtlpFields.Resource.Scopes,
                OtlpFields.Resource.Itself,
                OtlpSchema.Resource,
                out var head
            )
        )
        {
            return (-1, 0, 0);
        }

        var (spans, bad, repeated) = (0, 0, 0L);
        for (var scopes = new ProtobufReader(message); scopes.Next(); )
        {
            if (scopes.Field != OtlpFields.Resource.Scopes)
            {
                continue;
            }

            MalformedException.ThrowIfMore(++_resources, TracesSender.MaxRequestItems, "resources and scopes");
            var scope = scopes.ReadBytes();
            if (
                !IsReadable(scope, OtlpFields.Scope.Items, OtlpFields.Scope.Itself, OtlpSchema.Scope, out var scopeHead)
            )
            {
                bad++;
                continue;
            }

            for (var children = new ProtobufReader(scope); children.Next(); )
            {
                if (children.Field != OtlpFields.Scope.Items)
                {
                    continue;
                }

                MalformedException.ThrowIfMore(++_spans, TracesSender.MaxRequestSpans, "spans");
                bad += SpanCheck.FaultOf(children.ReadBytes()) is null ? 0 : 1;
                spans++;
                repeated += head + scopeHead;
            }
        }

        return repeated <= MaxRepeated
            ? (spans, bad, message.Length + repeated)
            : throw new MalformedException(
                "A resource is too large for so many spans: send fewer at once.",
                StatusCodes.Status413PayloadTooLarge
            );
    }

    /// <summary>Of a message that has a head and children: whether both can be told apart, and the head be read.</summary>
    private static bool IsReadable(
        ReadOnlySpan<byte> message,
        int child,
        int itself,
        MessageSchema schema,
        out int head
    )
    {
        head = message.Length;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field != child && reader.Field != itself)
            {
                continue;
            }

            var bytes = reader.ReadBytes();
            head -= reader.Field == child ? reader.Position - reader.Start : 0;
            if (!reader.IsBad && reader.Field == itself && !OtlpCheck.IsReadable(bytes, schema))
            {
                return false;
            }
        }

        return !reader.IsBad;
    }

    private void Cut(ReadOnlySpan<byte> message)
    {
        _cut ??= Copied();
        var head = Head(message, OtlpFields.Resource.Scopes);
        for (var scopes = new ProtobufReader(message); scopes.Next(); )
        {
            if (scopes.Field != OtlpFields.Resource.Scopes)
            {
                continue;
            }

            var scope = scopes.ReadBytes();
            if (IsReadable(scope, OtlpFields.Scope.Items, OtlpFields.Scope.Itself, OtlpSchema.Scope, out _))
            {
                CutScope(scope, head, Head(scope, OtlpFields.Scope.Items));
            }
            else
            {
                Bury(Fault.UnreadableResource, head, default, OtlpFields.Resource.Scopes, scope);
            }
        }
    }

    private void CutScope(ReadOnlySpan<byte> scope, ReadOnlySpan<byte> head, ReadOnlySpan<byte> scopeHead)
    {
        var item = new OpenItem(_cut!, head, scopeHead);
        for (var spans = new ProtobufReader(scope); spans.Next(); )
        {
            if (spans.Field != OtlpFields.Scope.Items)
            {
                continue;
            }

            var span = spans.ReadBytes();
            if (SpanCheck.FaultOf(span) is { } fault)
            {
                Bury(fault, head, scopeHead, OtlpFields.Scope.Items, span);
            }
            else
            {
                item.Add(span, _items);
            }
        }

        item.End(_items);
    }

    // In the form of an item, so that it says whose it is.
    private void Bury(
        Fault fault,
        ReadOnlySpan<byte> head,
        ReadOnlySpan<byte> scopeHead,
        int child,
        ReadOnlySpan<byte> bytes
    )
    {
        var writer = new ProtoWriter(head.Length + scopeHead.Length + bytes.Length + 64);
        var resource = writer.Begin(OtlpFields.Resources);
        writer.Raw(head);
        if (child == OtlpFields.Resource.Scopes)
        {
            writer.Bytes(child, bytes);
        }
        else
        {
            var scope = writer.Begin(OtlpFields.Resource.Scopes);
            writer.Raw(scopeHead);
            writer.Bytes(child, bytes);
            writer.End(scope);
        }

        writer.End(resource);
        _dead.Add(fault, writer.Written.Span);
    }

    /// <summary>The fields that are not <paramref name="child"/>.</summary>
    private static ReadOnlySpan<byte> Head(ReadOnlySpan<byte> message, int child)
    {
        var head = new ProtoWriter(256);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            reader.Skip();
            if (reader.Field != child)
            {
                head.Raw(message[reader.Start..reader.Position]);
            }
        }

        return head.Written.Span;
    }

    private ProtoWriter Copied()
    {
        var writer = new ProtoWriter(4_096, _memory);
        for (var i = 0; i < _items.Count; i++)
        {
            _items[i] = Copy(_items[i], writer);
        }

        return writer;
    }

    private Item Copy(Item item, ProtoWriter writer)
    {
        var start = writer.Length;
        writer.Raw(_request.Span.Slice(item.Offset, item.Length));
        return item with { Offset = start };
    }
}
