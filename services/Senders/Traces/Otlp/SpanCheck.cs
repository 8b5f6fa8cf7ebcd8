using Partner.Traces.Wire;

namespace Partner.Traces.Otlp;

/// <summary>Whether every intake, and <see cref="OtlpReader"/>, can read a span.</summary>
internal static class SpanCheck
{
    public static Fault? FaultOf(ReadOnlySpan<byte> span) =>
        !OtlpCheck.IsReadable(span, TraceSchema.Span, out var tooMany)
            ? tooMany
                ? Fault.TooManyParts
                : Fault.Unreadable
            : !HasIds(span)
                ? Fault.NoOtlpIds
                : null;

    // Of links too: an intake that decodes ids refuses the whole request for one of another length.
    private static bool HasIds(ReadOnlySpan<byte> span)
    {
        var (trace, own, isGood) = (false, false, true);
        for (var reader = new ProtobufReader(span); reader.Next(); )
        {
            switch (reader.Field)
            {
                case TraceFields.Span.TraceId:
                    trace = IsId(reader.ReadBytes(), 16);
                    break;
                case TraceFields.Span.SpanId:
                    own = IsId(reader.ReadBytes(), 8);
                    break;
                case TraceFields.Span.ParentSpanId:
                    isGood &= reader.ReadBytes().Length is 0 or 8;
                    break;
                case TraceFields.Span.Links:
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
                case TraceFields.Link.TraceId:
                    isGood &= reader.ReadBytes().Length is 0 or 16;
                    break;
                case TraceFields.Link.SpanId:
                    isGood &= reader.ReadBytes().Length is 0 or 8;
                    break;
            }
        }

        return isGood;
    }

    private static bool IsId(ReadOnlySpan<byte> id, int length) => id.Length == length && id.ContainsAnyExcept((byte)0);
}
