namespace Partner.Traces.Otlp;

/// <summary>Traces of OTLP/JSON.</summary>
internal static class OtlpJson
{
    /// <exception cref="System.Text.Json.JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is not OTLP, or is more than is taken.</exception>
    public static ParsedBody Parse(IntakeBody body)
    {
        var json = ProtobufJson.Read(body.Bytes.Span, TraceSchema.Request, body.Memory);
        return OtlpRequest.Parse(json.Message, body.Memory) with { LeftOut = json.LeftOut };
    }

    /// <inheritdoc cref="Parse"/>
    public static ReadOnlyMemory<byte> ToProtobuf(ReadOnlySpan<byte> body) =>
        ProtobufJson.Read(body, TraceSchema.Request, new MemoryCharge()).Message;
}
