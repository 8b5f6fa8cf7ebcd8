namespace Partner.Sending.Otlp;

/// <summary>
/// Walks OTLP by its schema, and makes nothing: whether it can be read. Bytes that are no UTF-8 pass: they are only
/// decoded where they leave in another form.
/// </summary>
public static class OtlpCheck
{
    /// <summary>Messages within an item; a bound of ours, far above what OpenTelemetry's SDKs write (128 attributes).</summary>
    public const int MaxParts = 10_000;

    /// <summary>Messages within each other. Each list in a list is two, each map in a map three.</summary>
    private const int MaxDepth = 70;

    public static bool IsReadable(ReadOnlySpan<byte> message, MessageSchema schema) =>
        IsReadable(message, schema, out _);

    /// <param name="tooMany">It has more than <see cref="MaxParts"/>.</param>
    public static bool IsReadable(ReadOnlySpan<byte> message, MessageSchema schema, out bool tooMany)
    {
        var parts = 0;
        var isReadable = IsReadable(message, schema, 0, ref parts);
        tooMany = parts > MaxParts;
        return isReadable;
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
            if (field is not null && !field.Takes(reader.Type))
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
}
