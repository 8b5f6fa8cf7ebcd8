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
            return (body.Path.Path, kind) switch
            {
                (TracesSender.OtlpPath, "application/x-protobuf") => OtlpRequest.Parse(body.Bytes, body.Memory) with
                {
                    Answer = "",
                    AnswerType = "application/x-protobuf",
                },
                (TracesSender.OtlpPath, "application/json") => OtlpJson.Parse(body),
                (not TracesSender.OtlpPath, "application/msgpack") => AgentTraces.FromMessagePack(body),
                // The content types that tracers give JSON; the agent takes a missing one for JSON, too.
                (not TracesSender.OtlpPath, null or "application/json" or "text/json") => AgentTraces.FromJson(body),
                // Of any other type the agent looks at the body; curl says that a form comes.
                (not TracesSender.OtlpPath, not "application/x-protobuf") => IsJson(body.Bytes.Span)
                    ? AgentTraces.FromJson(body)
                    : AgentTraces.FromMessagePack(body),
                _ => ParsedBody.Refused(
                    StatusCodes.Status415UnsupportedMediaType,
                    $"Content-Type {kind} is not one that {body.Path.Path} takes."
                ),
            };
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

    // A MessagePack body that is an array begins with a byte that is no character of JSON.
    private static bool IsJson(ReadOnlySpan<byte> body) => body.IsEmpty || body[0] < 0x80;
}
