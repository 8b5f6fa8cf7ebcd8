using MessagePack;
using Partner.Traces.Agent;
using Partner.Traces.Otlp;

namespace Partner.Traces;

/// <summary>Every format that comes in, to OTLP protobuf.</summary>
internal static class TracesParser
{
    public static ParsedBody Parse(IntakeBody body)
    {
        if (body.Path.Path == TracesSender.OtlpPath)
        {
            return OtlpBody.Parse(body, kind => ParseOtlp(body, kind));
        }

        try
        {
            return OtlpBody.Parse(() => ParseAgent(body, body.MediaType));
        }
        catch (Exception exception) when (exception is MessagePackSerializationException or EndOfStreamException)
        {
            return ParsedBody.Refused(
                StatusCodes.Status400BadRequest,
                "The body is not valid MessagePack, or is cut off."
            );
        }
    }

    private static ParsedBody ParseOtlp(IntakeBody body, string kind) =>
        OtlpAnswer.To(
            kind == OtlpAnswer.Json ? OtlpJson.Parse(body) : OtlpRequest.Parse(body.Bytes, body.Memory),
            kind,
            "rejectedSpans"
        );

    // A missing content type is JSON's to the agent. Of any other type it looks at the body; curl says that a form comes.
    private static ParsedBody ParseAgent(IntakeBody body, string? kind)
    {
        if (kind == OtlpAnswer.Protobuf)
        {
            return OtlpBody.OfAnotherType(body);
        }

        var isJson =
            kind is null or "application/json" or "text/json"
            || (kind != "application/msgpack" && IsJson(body.Bytes.Span));
        return body.Path.Path switch
        {
            TracesSender.IndexedPath => isJson
                ? OtlpBody.OfAnotherType(body)
                : AgentTraces.FromMessagePack(body with { Bytes = IndexedTraces.ToMaps(body.Bytes, body.Memory) }),
            TracesSender.PayloadPath => FromAgent(body, isJson, Envelope.Payload),
            TracesSender.AgentlessPath => FromAgent(body, isJson, Envelope.Agentless),
            _ => FromAgent(body, isJson, null),
        };
    }

    private static ParsedBody FromAgent(IntakeBody body, bool isJson, Envelope? envelope) =>
        isJson ? AgentTraces.FromJson(body, envelope) : AgentTraces.FromMessagePack(body, envelope);

    // A MessagePack body that is an array or a map begins with a byte that is no character of JSON.
    private static bool IsJson(ReadOnlySpan<byte> body) => body.IsEmpty || body[0] < 0x80;
}
