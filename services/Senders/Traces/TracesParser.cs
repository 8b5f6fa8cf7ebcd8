using System.Text.Json;
using MessagePack;
using Microsoft.Net.Http.Headers;
using Partner.Traces.Agent;
using Partner.Traces.Otlp;

namespace Partner.Traces;

/// <summary>Every format that comes in, to OTLP protobuf.</summary>
internal static class TracesParser
{
    public static ParsedBody Parse(IntakeBody body)
    {
        var kind = MediaTypeHeaderValue.TryParse(body.ContentType, out var type)
            ? type.MediaType.Value?.ToLowerInvariant()
            : null;
        try
        {
            return body.Path.Path == TracesSender.OtlpPath ? ParseOtlp(body, kind) : ParseAgent(body, kind);
        }
        catch (MalformedException exception)
        {
            return ParsedBody.Refused(exception.Status, exception.Message);
        }
        catch (Exception exception) when (exception is MessagePackSerializationException or EndOfStreamException)
        {
            return ParsedBody.Refused(
                StatusCodes.Status400BadRequest,
                "The body is not valid MessagePack, or is cut off."
            );
        }
        catch (JsonException)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is not valid JSON.");
        }
    }

    private static ParsedBody ParseOtlp(IntakeBody body, string? kind) =>
        kind switch
        {
            "application/x-protobuf" => OtlpRequest.Parse(body.Bytes, body.Memory) with
            {
                Answer = "",
                AnswerType = "application/x-protobuf",
            },
            "application/json" => OtlpJson.Parse(body),
            _ => OfAnotherType(body, kind),
        };

    // A missing content type is JSON's to the agent. Of any other type it looks at the body; curl says that a form comes.
    private static ParsedBody ParseAgent(IntakeBody body, string? kind)
    {
        if (kind == "application/x-protobuf")
        {
            return OfAnotherType(body, kind);
        }

        var isJson =
            kind is null or "application/json" or "text/json"
            || (kind != "application/msgpack" && IsJson(body.Bytes.Span));
        return body.Path.Path switch
        {
            TracesSender.IndexedPath => isJson
                ? OfAnotherType(body, kind)
                : AgentTraces.FromMessagePack(body with { Bytes = IndexedTraces.ToMaps(body.Bytes, body.Memory) }),
            TracesSender.PayloadPath => FromAgent(body, isJson, Envelope.Payload),
            TracesSender.AgentlessPath => FromAgent(body, isJson, Envelope.Agentless),
            _ => FromAgent(body, isJson, null),
        };
    }

    private static ParsedBody FromAgent(IntakeBody body, bool isJson, Envelope? envelope) =>
        isJson ? AgentTraces.FromJson(body, envelope) : AgentTraces.FromMessagePack(body, envelope);

    private static ParsedBody OfAnotherType(IntakeBody body, string? kind) =>
        ParsedBody.Refused(
            StatusCodes.Status415UnsupportedMediaType,
            $"Content-Type {kind} is not one that {body.Path.Path} takes."
        );

    // A MessagePack body that is an array or a map begins with a byte that is no character of JSON.
    private static bool IsJson(ReadOnlySpan<byte> body) => body.IsEmpty || body[0] < 0x80;
}
