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

    protected override (string Path, HttpStatusCode Success, string Body)[] ValidRequests =>
        [
            ("/v1/traces", HttpStatusCode.Accepted, Samples.OtlpJson),
            ("/v0.4/traces", HttpStatusCode.OK, Samples.AgentJson),
            ("/v0.3/traces", HttpStatusCode.OK, Samples.AgentJson),
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
        [("/v1/traces", 15_728_640), ("/v0.4/traces", 15_728_640), ("/v0.3/traces", 15_728_640)];

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

public sealed partial class OtlpSinkTests() : TracesContract("Otlp", "otlp")
{
    [Fact]
    public async Task OtlpProtobufArrivesByteForByteAndIsAnsweredInKind()
    {
        var body = OtlpJson.ToProtobuf(System.Text.Encoding.UTF8.GetBytes(Samples.OtlpJson)).ToArray();
        using var response = await PostAsync("/v1/traces", Content(body, "application/x-protobuf"));
        Assert.Equal(
            (HttpStatusCode.Accepted, "application/x-protobuf", ""),
            (
                response.StatusCode,
                response.Content.Headers.ContentType?.MediaType,
                await response.Content.ReadAsStringAsync()
            )
        );
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Assert.Equal(("/v1/traces", "application/x-protobuf"), (request.PathAndQuery, request.ContentType));
        Assert.Equal(body, request.Body);
        Assert.Equal(("true", "acme"), (request.Headers["compute_stats"], request.Headers["dd-otlp-source"]));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task WhatATracerSendsToItsAgentArrivesAsOtlp(string method)
    {
        using var response = await PostAsync(
            "/v0.4/traces",
            Content(Samples.AgentMessagePack, "application/msgpack"),
            method: new(method)
        );
        Assert.Equal(
            (HttpStatusCode.OK, """{"rate_by_service":{}}"""),
            (response.StatusCode, await response.Content.ReadAsStringAsync())
        );
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Samples.AssertAgentSpans(OtlpReader.ReadAll(request.Body));
    }

    [Theory]
    [InlineData("/v1/traces", "text/plain")]
    [InlineData("/v1/traces", "application/msgpack")]
    [InlineData("/v0.4/traces", "application/x-protobuf")]
    public async Task AnotherContentTypeIsRefused(string path, string type)
    {
        using var response = await PostAsync(path, Content([], type));
        Assert.Equal(
            (
                HttpStatusCode.UnsupportedMediaType,
                $$"""{"errors":["Content-Type {{type}} is not one that {{path}} takes."]}"""
            ),
            (response.StatusCode, await response.Content.ReadAsStringAsync())
        );
    }

    [Fact]
    public async Task NothingToSendIsASuccess()
    {
        using var otlp = await PostAsync("/v1/traces", Content([], "application/x-protobuf"));
        using var agent = await PostAsync("/v0.4/traces", Content([0x90], "application/msgpack"));
        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.OK), (otlp.StatusCode, agent.StatusCode));
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM accepted"));
    }

    [Fact]
    public async Task ASiteWithoutTheSinkIsUnsupportedAndNothingIsAccepted()
    {
        Intake.Product = "Api";
        foreach (var (path, _, body) in ValidRequests)
        {
            using var response = await PostAsync(path, body);
            Assert.Equal(
                (HttpStatusCode.Forbidden, """{"errors":["Site datadoghq.com does not take traces: unsupported."]}"""),
                (response.StatusCode, await response.Content.ReadAsStringAsync())
            );
        }

        Assert.Equal(
            """{"accepted":0,"delivered":0,"backlog":{"items":0,"segments":0,"oldest_at":null,"bytes":0},"dead_letters":0,"possible_duplicates":0,"quarantined":0,"state":"unsupported","reason":"Site datadoghq.com does not take traces: unsupported."}""",
            await DeliveriesAsync()
        );
    }
}

public sealed class PartnerOtlpSinkTests() : TracesContract("PartnerOtlp", "partner-otlp")
{
    // datadog-facts 3.6 e: no source, and trace metrics by default.
    [Fact]
    public async Task ThePlatformsOwnHostNeedsNoHeaders()
    {
        using var response = await PostAsync("/v1/traces", Samples.OtlpJson);
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Assert.Equal(
            ("/v1/traces", false),
            (request.PathAndQuery, request.Headers.Keys.Any(h => h is "compute_stats" or "dd-otlp-source"))
        );
    }
}

public sealed class JsonSpansSinkTests() : TracesContract("Spans", "json-spans")
{
    [Fact]
    public async Task AMalformedSpanThatIsSentAgainIsADeadLetterAgainAndKeepsNoOtherFromArriving()
    {
        using var sent = await PostAsync("/v0.4/traces", $"{Samples.AgentJson.TrimEnd()[..^1]},[{{}}]]");
        Assert.Equal(HttpStatusCode.OK, sent.StatusCode);
        await Intake.WaitForAsync(1);
        // A good one that Datadog once refused, sent again in the same batch.
        var good = Requests.ParseAgent(Samples.AgentJson);
        var item = good.Bytes.Slice(good.Items[0].Offset, good.Items[0].Length).ToArray();
        await Database.ExecuteAsync(
            "INSERT INTO dead_letters (connection, reason, detail, variant, item_at, item) VALUES ($1, 'rejected', 'once', '', 0, $2)",
            Connection.Text,
            item
        );
        using var started = await PostAsPartnerAsync(
            $"/partner/v1/senders/traces/connections/{Connection.Text}/dead-letters/replays",
            "{}"
        );
        Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync());

        const string Again =
            "SELECT count(*) FROM dead_letters WHERE reason = 'malformed' AND detail LIKE 'An item holds nothing%'";
        await Until.TrueAsync(async () => await Database.ScalarAsync<long>(Again) > 0);

        Assert.Equal(1, await Database.ScalarAsync<long>(Again));
        var taken = await Intake.WaitForAsync(2);
        Assert.Equal(2, taken.Count);
        Assert.Equal(taken[0].Body, taken[1].Body);
        await WaitUntilSettledAsync();

        Assert.Equal(2, await Database.ScalarAsync<long>("SELECT sum(delivered)::bigint FROM settled"));
    }

    [Fact]
    public async Task BothFormatsArriveAsJsonSpans()
    {
        using var agent = await PostAsync("/v0.4/traces", Content(Samples.AgentMessagePack, "application/msgpack"));
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Assert.Equal(("/api/v2/spans", "application/json"), (request.PathAndQuery, request.ContentType));
        Assert.Equal(
            """{"traces":[{"spans":[{"trace_id":"640cfd8d00000000000000000000007b","span_id":"ffffffffffffffff","parent_id":"0000000000000000","service":"web","name":"http.request","resource":"GET /","type":"web","start":1700000000000000001,"duration":5,"error":1,"meta":{"env":"prod","span.kind":"server","error.message":"boom","_dd.compute_stats":"1"},"metrics":{"_sampling_priority_v1":2,"n":0.5,"_trace_root":1,"_top_level":1},"meta_struct":{"s":"AQI="}},{"trace_id":"640cfd8d00000000000000000000007b","span_id":"0000000000000002","parent_id":"ffffffffffffffff","service":"db","name":"query","resource":"SELECT","type":"db","start":1700000000000000002,"duration":1,"error":0,"meta":{},"metrics":{"_top_level":1}}]}]}""",
            System.Text.Encoding.UTF8.GetString(request.Body)
        );
        using var otlp = await PostAsync("/v1/traces", Samples.OtlpJson);
        request = (await Intake.WaitForAsync(2))[1];
        Assert.Equal(Samples.OtlpAsJsonSpans, System.Text.Encoding.UTF8.GetString(request.Body));
    }
}

public sealed class AgentSinkTests() : TracesContract("Traces", "agent")
{
    [Fact]
    public async Task WhatATracerSendsArrivesAsTheAgentWouldSendIt()
    {
        using var response = await PostAsync("/v0.4/traces", Content(Samples.AgentMessagePack, "application/msgpack"));
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Assert.Equal(("/api/v0.2/traces", "application/x-protobuf"), (request.PathAndQuery, request.ContentType));
        var (priority, environment, spans) = AgentPayloadDecoder.Decode(request.Body);
        Assert.Equal((2, "prod", 2), (priority, environment, spans.Count));
        Assert.Equal("640cfd8d00000000", spans[0].Meta["_dd.p.tid"]);
        Assert.Equal([1.0, 1.0], spans.Select(span => span.Metrics["_top_level"]));
        spans.ForEach(span => span.Metrics.Remove("_top_level"));
        spans.ForEach(span => span.TraceIdHigh = 0x640cfd8d00000000);
        spans[0].Meta.Remove("_dd.p.tid");
        Samples.AssertAgentSpans(spans);
    }
}
