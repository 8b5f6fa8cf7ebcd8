using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Partner.Sending;
using Partner.Traces.Agent;
using Partner.Traces.Otlp;
using Partner.Traces.Wire;

namespace Partner.Traces;

/// <summary>Every format that comes in, to OTLP protobuf.</summary>
internal static class TracesParser
{
    public static ParsedBody Parse(IntakeBody body)
    {
        var kind = MediaTypeHeaderValue.TryParse(body.ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() : null;
        try
        {
            return (body.Path.Path, kind) switch
            {
                (TracesSender.OtlpPath, "application/x-protobuf") => Otlp(body.Bytes) with { Answer = "", AnswerType = "application/x-protobuf" },
                (TracesSender.OtlpPath, "application/json") => Otlp(OtlpJson.ToProtobuf(body.Bytes.Span)),
                (TracesSender.AgentPath, "application/msgpack") => Agent(AgentTraces.FromMessagePack(body.Bytes.Span)),
                // What tracers say of JSON, and what the agent takes nothing for.
                (TracesSender.AgentPath, null or "application/json" or "text/json") => Agent(AgentTraces.FromJson(body.Bytes.Span)),
                _ => ParsedBody.Refused(StatusCodes.Status415UnsupportedMediaType, $"Content-Type {kind} is not one that {body.Path.Path} takes."),
            };
        }
        catch (MalformedException exception)
        {
            return ParsedBody.Refused(exception.Status, exception.Message);
        }
        catch (JsonException)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is not valid JSON.");
        }
    }

    private static ParsedBody Otlp(ReadOnlyMemory<byte> request)
    {
        var (bytes, items) = OtlpRequest.Split(request);
        return Bounded(new ParsedBody(bytes, items, ""));
    }

    private static ParsedBody Agent(IEnumerable<IReadOnlyList<Span>> traces)
    {
        var writer = new ProtoWriter();
        var items = new List<Item>();
        foreach (var trace in traces.Where(trace => trace.Count > 0))
        {
            var start = writer.Length;
            OtlpWriter.WriteTrace(writer, trace);
            items.Add(new Item(start, writer.Length - start, 0));
        }

        return Bounded(new ParsedBody(writer.Written, items, ""));
    }

    private static ParsedBody Bounded(ParsedBody parsed) => parsed.Items.Count > TracesSender.MaxRequestItems
        ? ParsedBody.Refused(StatusCodes.Status413PayloadTooLarge, $"The request has more than {TracesSender.MaxRequestItems} traces.")
        : parsed;
}
