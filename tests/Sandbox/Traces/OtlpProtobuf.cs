namespace Partner.Sandbox.Traces;

/// <summary>
/// ExportTraceServiceRequest by the published field numbers (opentelemetry-proto, trace/v1/trace.proto and
/// common/v1/common.proto); of attributes the strings alone.
/// </summary>
internal static class OtlpProtobuf
{
    public static List<SpanLine> Read(ReadOnlyMemory<byte> body)
    {
        var spans = new List<SpanLine>();
        var request = new WireReader(body.Span);
        while (request.Next())
        {
            if (request.Field == 1)
            {
                ReadResourceSpans(request.Bytes, spans);
            }
        }

        return spans;
    }

    private static void ReadResourceSpans(ReadOnlySpan<byte> message, List<SpanLine> spans)
    {
        var resource = new Dictionary<string, string>();
        var found = new List<OtlpSpan>();
        var fields = new WireReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    ReadResource(fields.Bytes, resource);
                    break;
                case 2:
                    ReadScopeSpans(fields.Bytes, found);
                    break;
            }
        }

        spans.AddRange(found.Select(span => span.Under(resource)));
    }

    private static void ReadResource(ReadOnlySpan<byte> message, Dictionary<string, string> attributes)
    {
        var fields = new WireReader(message);
        while (fields.Next())
        {
            if (fields.Field == 1)
            {
                ReadAttribute(fields.Bytes, attributes);
            }
        }
    }

    private static void ReadScopeSpans(ReadOnlySpan<byte> message, List<OtlpSpan> found)
    {
        var fields = new WireReader(message);
        while (fields.Next())
        {
            if (fields.Field == 2)
            {
                found.Add(ReadSpan(fields.Bytes));
            }
        }
    }

    private static OtlpSpan ReadSpan(ReadOnlySpan<byte> message)
    {
        var span = new OtlpSpan();
        var fields = new WireReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    span.TraceId = Convert.ToHexStringLower(fields.Bytes);
                    break;
                case 2:
                    span.SpanId = Convert.ToHexStringLower(fields.Bytes);
                    break;
                case 4:
                    span.ParentId = Convert.ToHexStringLower(fields.Bytes);
                    break;
                case 5:
                    span.Name = fields.Text;
                    break;
                case 7:
                    span.Start = fields.Number;
                    break;
                case 8:
                    span.End = fields.Number;
                    break;
                case 9:
                    ReadAttribute(fields.Bytes, span.Attributes);
                    break;
            }
        }

        return span;
    }

    private static void ReadAttribute(ReadOnlySpan<byte> message, Dictionary<string, string> attributes)
    {
        var (key, value) = ("", (string?)null);
        var fields = new WireReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    key = fields.Text;
                    break;
                case 2:
                    value = ReadString(fields.Bytes);
                    break;
            }
        }

        if (value is not null)
        {
            attributes[key] = value;
        }
    }

    private static string? ReadString(ReadOnlySpan<byte> anyValue)
    {
        var fields = new WireReader(anyValue);
        string? value = null;
        while (fields.Next())
        {
            value = fields.Field == 1 ? fields.Text : value;
        }

        return value;
    }
}
