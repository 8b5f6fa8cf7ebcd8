using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Partner.Sending;
using Partner.Testing;
using Partner.Traces.Otlp;

namespace Partner.Traces.Tests;

public abstract class TracesContract(string product, string sink) : OutboxSenderContract
{
    protected override string Name => "traces";

    protected override string Product => product;

    protected override bool DeduplicatesRequests => true;

    protected override (string Path, HttpStatusCode Success, string Body)[] ValidRequests =>
        [
            ("/v1/traces", HttpStatusCode.Accepted, Samples.OtlpJson),
            ("/v0.4/traces", HttpStatusCode.OK, Samples.AgentJson),
            ("/v0.3/traces", HttpStatusCode.OK, Samples.AgentJson),
            ("/v0.7/traces", HttpStatusCode.OK, Samples.PayloadJson),
            ("/api/v2/spans", HttpStatusCode.Accepted, Samples.AgentlessJson),
        ];

    protected override (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests =>
        [
            ("/v1/traces", HttpStatusCode.BadRequest, "", Error("The body is not valid JSON.")),
            ("/v1/traces", HttpStatusCode.BadRequest, "[]", Error("An OTLP request is a JSON object.")),
            (
                "/v1/traces",
                HttpStatusCode.BadRequest,
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{}]}]}]}",
                Error("A span has no trace id of 16 bytes or no span id of 8 bytes.")
            ),
            ("/v1/traces", HttpStatusCode.BadRequest, Samples.OtlpJson + "x", Error("The body is not valid JSON.")),
            (
                "/v1/traces",
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', (15 * 1024 * 1024) + 1),
                Error("The payload exceeds 15728640 bytes uncompressed.")
            ),
            ("/v0.4/traces", HttpStatusCode.BadRequest, "", Error("The body is not valid JSON.")),
            ("/v0.4/traces", HttpStatusCode.BadRequest, "[{}]", Error("The body is not an array of arrays of spans.")),
            (
                "/v0.4/traces",
                HttpStatusCode.BadRequest,
                "[[{\"trace_id\":1}]]",
                Error("A span has no trace_id or no span_id.")
            ),
        ];

    protected override (string Path, int Bytes)[] MaxBytes =>
        [
            .. new[] { "/v1/traces", "/v0.3/traces", "/v0.4/traces", "/v0.7/traces", "/api/v2/spans" }.Select(path =>
                (path, 15_728_640)
            ),
        ];

    protected override RequestCase[] Cases =>
        [
            new("OTLP, on `/v1/traces`", "/v1/traces", Samples.OtlpJson),
            new(
                "OTLP, on `/v1/traces`",
                "/v1/traces",
                OtlpJson.ToProtobuf(System.Text.Encoding.UTF8.GetBytes(Samples.OtlpJson)).ToArray(),
                "application/x-protobuf"
            ),
            new("traces, on `/v0.4/traces`", "/v0.4/traces", Samples.AgentJson),
            new("traces, on `/v0.4/traces`", "/v0.4/traces", Samples.AgentMessagePack, "application/msgpack")
            {
                Method = HttpMethod.Put,
            },
            new("traces, on `/v0.3/traces`", "/v0.3/traces", Samples.AgentJson) { Method = HttpMethod.Put },
            new("traces, on `/v0.3/traces`", "/v0.3/traces", Samples.AgentMessagePack, "application/msgpack"),
            new("traces, on `/v0.5/traces`", "/v0.5/traces", Samples.Indexed, "application/msgpack")
            {
                Method = HttpMethod.Put,
            },
            new("traces, on `/v0.7/traces`", "/v0.7/traces", Samples.PayloadJson) { Method = HttpMethod.Put },
            new(
                "traces, on `/v0.7/traces`",
                "/v0.7/traces",
                [0x81, .. Samples.Text("chunks"), 0x90],
                "application/msgpack"
            ),
            new("traces, on `/api/v2/spans`", "/api/v2/spans", Samples.AgentlessJson),
            new("no spans", "/v1/traces", "{}"),
            new("no spans", "/v1/traces", "", "application/x-protobuf"),
            new("what is not JSON", "/v1/traces", ""),
            new("what is not JSON", "/v0.4/traces", "[["),
            new("JSON that is not OTLP", "/v1/traces", "[]"),
            new("protobuf that cannot be read to its end", "/v1/traces", [0x0A, 0x05, 0x12], "application/x-protobuf"),
            new(
                "MessagePack that cannot be read to its end",
                "/v0.4/traces",
                Samples.AgentMessagePack[..^1],
                "application/msgpack"
            ),
            new("JSON or MessagePack that is not an array of arrays of spans", "/v0.4/traces", "[{}]"),
            new("a body that is not a map with its traces", "/v0.7/traces", """{"traces":[]}"""),
            new("a body that is not a map with its traces", "/api/v2/spans", "[]"),
            new("a body that is not an array of texts and traces", "/v0.5/traces", [0x91, 0x90], "application/msgpack"),
            new(
                "nothing but spans without their ids, in OTLP",
                "/v1/traces",
                """{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}"""
            ),
            new("nothing but spans without their ids, in the agent's format", "/v0.4/traces", """[[{"trace_id":1}]]"""),
            .. BadSpans,
            .. OddValues,
            new(
                "traces in the agent's format, with a Content-Type that is none of theirs",
                "/v0.4/traces",
                Samples.AgentJson,
                "application/x-www-form-urlencoded"
            ),
            new(
                "traces in the agent's format, with a Content-Type that is none of theirs",
                "/v0.3/traces",
                Samples.AgentMessagePack,
                "application/octet-stream"
            ),
            new("another Content-Type", "/v1/traces", "x", "text/plain"),
            new("another Content-Type", "/v0.4/traces", "x", "application/x-protobuf"),
            new("another Content-Type", "/v0.5/traces", "[[],[]]"),
            new(
                "more than 20,000 traces",
                "/v0.4/traces",
                $"[{string.Join(',', Enumerable.Repeat("""[{"trace_id":1,"span_id":2}]""", 20_001))}]"
            ),
            new(
                "more than 20,000 ResourceSpans and ScopeSpans",
                "/v1/traces",
                [.. Enumerable.Repeat(new byte[] { 0x0A, 0x00 }, 20_001).SelectMany(b => b)],
                Requests.Protobuf
            ),
            new("more than 100,000 spans", "/v0.4/traces", $"[[{string.Join(',', Enumerable.Repeat("{}", 100_001))}]]"),
            new("more than 15,728,640 bytes", "/v1/traces", new string(' ', 15_728_641)),
        ];

    private static RequestCase[] BadSpans { get; } =
    [
        Otlp(
            "beside others a span whose ids are missing, zero or of another length, in OTLP",
            Requests.Otlp(Requests.Good(1), "{}")
        ),
        Otlp(
            "beside others a span whose ids are missing, zero or of another length, in OTLP",
            Requests.Otlp(
                Requests.Good(1),
                "null",
                Requests.Good(2).Replace("000000000000000", "", StringComparison.Ordinal)
            )
        ),
        new(
            "beside others a span that cannot be read, in OTLP",
            "/v1/traces",
            [
                .. Requests.Message(1, Requests.Message(2, Requests.Message(2, [0x08, 0x01]))),
                .. ProtobufOf(Requests.Otlp(Requests.Good(1))),
            ],
            Requests.Protobuf
        ),
        Agent(
            "beside others a span whose ids are missing or zero, in the agent's format",
            Samples.AgentJson,
            """[{"trace_id":0,"span_id":2}]"""
        ),
        Agent("beside others a span whose ids are missing or zero, in the agent's format", Samples.AgentJson, "[{}]"),
        Agent("beside others a trace or a span that is null or something else", Samples.AgentJson, "null", "[7]"),
        Agent("beside others a trace or a span that is null or something else", Samples.AgentJson, "[null]"),
        new(
            "beside others a trace or a span that is null or something else",
            "/v0.5/traces",
            Samples.IndexedOf([10, 2, 3, 1, 9, 0, 4, 5, 1, 0x80, 0x80, 9]),
            "application/msgpack"
        ),
        new(
            "beside others a trace or a span that is null or something else",
            "/v0.7/traces",
            $"{Samples.PayloadJson.Replace("\"chunks\":[", "\"chunks\":[7,", StringComparison.Ordinal)}"
        ),
        Otlp(
            "beside others a span of more than 10,000 attributes, events, links, and values within them",
            Requests.Otlp(
                Requests.Good(1),
                $$"""{{Requests.Good(2)[..^1]}},"events":[{{string.Join(',', Enumerable.Repeat("{}", 10_001))}}]}"""
            )
        ),
        Agent(
            "beside others a span of more than 10,000 tags",
            Samples.AgentJson,
            $$"""[{"trace_id":1,"span_id":2,"meta":{ {{string.Join(',', Enumerable.Range(0, 10_001).Select(i => $"\"{i}\":\"\""))}} } }]"""
        ),
    ];

    private static RequestCase[] OddValues { get; } =
    [
        Agent(
            "a tag or a field of another type, in the agent's format",
            Samples.AgentJson,
            """[{"trace_id":1,"span_id":2,"service":7,"metrics":{"k":"text"}}]"""
        ),
        Otlp("a value of another type, in OTLP/JSON", Requests.Otlp(Requests.WithAttribute("""{"intValue":"many"}"""))),
        Otlp(
            "text that is no Unicode, in OTLP/JSON",
            Requests.Otlp(Requests.WithAttribute("""{"stringValue":"\ud83d"}"""))
        ),
        Agent(
            "text that is no Unicode, in the agent's format",
            Samples.AgentJson,
            """[{"trace_id":1,"span_id":2,"name":"\ud83d"}]"""
        ),
    ];

    protected override bool IsReadable(IntakeRequest request)
    {
        switch (request.PathAndQuery)
        {
            case "/v1/traces":
                return OtlpReader.ReadAll(request.Body).Count > 0;
            case "/api/v0.2/traces":
                return AgentPayloadDecoder.Decode(request.Body).Spans.Count > 0;
            default:
                return base.IsReadable(request);
        }
    }

    protected override void Add(IHostApplicationBuilder builder)
    {
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Traces:Sinks:datadoghq.com"] = sink, ["Traces:OtlpSource"] = "acme" }
        );
        builder.AddTracesOptions();
        builder.AddSending<TracesSender>();
    }

    protected override void Map(IEndpointRouteBuilder routes) => routes.MapSending();

    protected static ByteArrayContent Content(byte[] body, string type) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    protected static byte[] ProtobufOf(string json) =>
        OtlpJson.ToProtobuf(System.Text.Encoding.UTF8.GetBytes(json)).ToArray();

    private static RequestCase Otlp(string row, string body) => new(row, "/v1/traces", body);

    private static RequestCase Agent(string row, string good, params string[] more) =>
        new(row, "/v0.4/traces", $"{good.TrimEnd()[..^1]},{string.Join(',', more)}]");

    private static string Error(string detail) => $$"""{"errors":["{{detail}}"]}""";
}
