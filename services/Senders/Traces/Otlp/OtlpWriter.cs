using System.Buffers.Binary;

namespace Partner.Traces.Otlp;

/// <summary>
/// Writes Datadog's spans as OTLP, so that <see cref="OtlpReader"/> and Datadog find every field again.
/// </summary>
internal static class OtlpWriter
{
    /// <summary>One trace: a ResourceSpans per service, environment and version.</summary>
    /// <param name="high">The upper half of the trace's id.</param>
    public static void WriteTrace(ProtoWriter writer, IReadOnlyList<Span> trace, ulong high)
    {
        foreach (
            var group in trace.GroupBy(span =>
                (
                    span.Service,
                    Environment: span.Meta.GetValueOrDefault(Tag.Environment),
                    Version: span.Meta.GetValueOrDefault(Tag.Version)
                )
            )
        )
        {
            var message = writer.Begin(OtlpFields.Resources);
            var resource = writer.Begin(OtlpFields.Resource.Itself);
            WriteText(writer, OtlpFields.Resource.Attributes, OtlpName.Service, group.Key.Service);
            WriteText(writer, OtlpFields.Resource.Attributes, OtlpName.Environment, group.Key.Environment);
            WriteText(writer, OtlpFields.Resource.Attributes, OtlpName.ServiceVersion, group.Key.Version);
            writer.End(resource);
            var scope = writer.Begin(OtlpFields.Resource.Scopes);
            foreach (var span in group)
            {
                Write(writer, span, high);
            }

            writer.End(scope);
            writer.End(message);
        }
    }

    private static void Write(ProtoWriter writer, Span span, ulong high)
    {
        var message = writer.Begin(OtlpFields.Scope.Items);
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, high);
        BinaryPrimitives.WriteUInt64BigEndian(id[8..], span.TraceId);
        writer.Bytes(TraceFields.Span.TraceId, id);
        BinaryPrimitives.WriteUInt64BigEndian(id, span.SpanId);
        writer.Bytes(TraceFields.Span.SpanId, id[..8]);
        if (span.ParentId != 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(id, span.ParentId);
            writer.Bytes(TraceFields.Span.ParentSpanId, id[..8]);
        }

        writer.String(TraceFields.Span.Name, span.Resource);
        writer.Varint(TraceFields.Span.Kind, KindOf(span));
        writer.Fixed64(TraceFields.Span.Start, (ulong)span.Start);
        writer.Fixed64(TraceFields.Span.End, (ulong)(span.Start + Math.Max(0, span.Duration)));
        WriteTags(writer, span);
        if (span.Error)
        {
            var status = writer.Begin(TraceFields.Span.Status);
            writer.StringIfAny(TraceFields.Status.Message, span.Meta.GetValueOrDefault(Tag.ErrorMessage) ?? "");
            writer.Varint(TraceFields.Status.Code, TraceFields.Status.Error);
            writer.End(status);
        }

        writer.End(message);
    }

    private static void WriteTags(ProtoWriter writer, Span span)
    {
        WriteText(writer, TraceFields.Span.Attributes, OtlpName.Operation, span.Name);
        WriteText(writer, TraceFields.Span.Attributes, OtlpName.Resource, span.Resource);
        WriteText(writer, TraceFields.Span.Attributes, OtlpName.Type, span.Type);
        foreach (var (key, value) in span.Meta.Where(tag => !IsField(tag.Key)))
        {
            WriteText(writer, TraceFields.Span.Attributes, key, value);
        }

        foreach (var (key, value) in span.Metrics)
        {
            var any = Begin(writer, TraceFields.Span.Attributes, key, out var attribute);
            writer.Double(OtlpFields.Any.Double, value);
            writer.End(any);
            writer.End(attribute);
        }

        foreach (var (key, value) in span.MetaStruct)
        {
            var any = Begin(writer, TraceFields.Span.Attributes, Tag.MetaStruct + key, out var attribute);
            writer.Bytes(OtlpFields.Any.Bytes, value);
            writer.End(any);
            writer.End(attribute);
        }
    }

    private static bool IsField(string key) =>
        key is Tag.TraceIdHigh or OtlpName.Operation or OtlpName.Resource or OtlpName.Type;

    private static void WriteText(ProtoWriter writer, int field, string key, string? value)
    {
        if (value is null)
        {
            return;
        }

        var any = Begin(writer, field, key, out var attribute);
        writer.String(OtlpFields.Any.Text, value);
        writer.End(any);
        writer.End(attribute);
    }

    private static int Begin(ProtoWriter writer, int field, string key, out int attribute)
    {
        attribute = writer.Begin(field);
        writer.String(OtlpFields.KeyValue.Key, key);
        return writer.Begin(OtlpFields.KeyValue.Value);
    }

    private static ulong KindOf(Span span) =>
        span.Meta.GetValueOrDefault(Tag.Kind) switch
        {
            "internal" => 1,
            "server" => 2,
            "client" => 3,
            "producer" => 4,
            "consumer" => 5,
            _ => 0,
        };
}
