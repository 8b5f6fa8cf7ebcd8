using Partner.Traces.Wire;

namespace Partner.Traces.Otlp;

/// <summary>
/// Walks OTLP by its schema, and makes nothing: whether every intake, and <see cref="OtlpReader"/>, can read it. Bytes
/// that are no UTF-8 pass: they are only decoded where they leave in another form.
/// </summary>
internal static class OtlpCheck
{
    /// <summary>Messages within a span; a bound of ours, far above what OpenTelemetry's SDKs write (128 attributes).</summary>
    public const int MaxParts = 10_000;

    /// <summary>Messages within each other. Each list in a list is two, each map in a map three.</summary>
    private const int MaxDepth = 70;

    public static Fault? FaultOf(ReadOnlySpan<byte> span)
    {
        var parts = 0;
        return !IsReadable(span, OtlpSchema.Span, 0, ref parts)
            ? parts > MaxParts
                ? Fault.TooManyParts
                : Fault.Unreadable
            : !HasIds(span)
                ? Fault.NoOtlpIds
                : null;
    }

    public static bool IsReadable(ReadOnlySpan<byte> message, MessageSchema schema)
    {
        var parts = 0;
        return IsReadable(message, schema, 0, ref parts);
    }

    private static bool IsReadable(ReadOnlySpan<byte> message, MessageSchema schema, int depth, ref int parts)
    {
        if (depth > MaxDepth)
        {
            return false;
        }

        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            var field = schema.Find(reader.Field);
            if (field is not null && reader.Type != field.Wire)
            {
                return false;
            }

            if (field?.Kind == FieldKind.Message)
            {
                var inner = reader.ReadBytes();
                if (reader.IsBad || ++parts > MaxParts || !IsReadable(inner, field.Message!(), depth + 1, ref parts))
                {
                    return false;
                }
            }
        }

        return !reader.IsBad;
    }

    // Of links too: an intake that decodes ids refuses the whole request for one of another length.
    private static bool HasIds(ReadOnlySpan<byte> span)
    {
        var (trace, own, isGood) = (false, false, true);
        for (var reader = new ProtobufReader(span); reader.Next(); )
        {
            switch (reader.Field)
            {
                case OtlpFields.Span.TraceId:
                    trace = IsId(reader.ReadBytes(), 16);
                    break;
                case OtlpFields.Span.SpanId:
                    own = IsId(reader.ReadBytes(), 8);
                    break;
                case OtlpFields.Span.ParentSpanId:
                    isGood &= reader.ReadBytes().Length is 0 or 8;
                    break;
                case OtlpFields.Span.Links:
                    isGood &= HasGoodLink(reader.ReadBytes());
                    break;
            }
        }

        return trace && own && isGood;
    }

    private static bool HasGoodLink(ReadOnlySpan<byte> link)
    {
        var isGood = true;
        for (var reader = new ProtobufReader(link); reader.Next(); )
        {
            switch (reader.Field)
            {
                case OtlpFields.Link.TraceId:
                    isGood &= reader.ReadBytes().Length is 0 or 16;
                    break;
                case OtlpFields.Link.SpanId:
                    isGood &= reader.ReadBytes().Length is 0 or 8;
                    break;
            }
        }

        return isGood;
    }

    private static bool IsId(ReadOnlySpan<byte> id, int length) => id.Length == length && id.ContainsAnyExcept((byte)0);
}
