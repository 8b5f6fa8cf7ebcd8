using System.Net;
using Microsoft.Extensions.Configuration;
using Partner.Testing;
using Partner.Traces.Otlp;

namespace Partner.Traces.Tests;

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
            """{"traces":[{"spans":[{"trace_id":"000000000000007b","span_id":"ffffffffffffffff","parent_id":"0000000000000000","service":"web","name":"http.request","resource":"GET /","type":"web","start":1700000000000000001,"duration":5,"error":1,"meta":{"env":"prod","span.kind":"server","error.message":"boom","_dd.compute_stats":"1","_dd.p.tid":"640cfd8d00000000"},"metrics":{"_sampling_priority_v1":2,"n":0.5,"_trace_root":1,"_top_level":1},"meta_struct":{"s":"AQI="}},{"trace_id":"000000000000007b","span_id":"0000000000000002","parent_id":"ffffffffffffffff","service":"db","name":"query","resource":"SELECT","type":"db","start":1700000000000000002,"duration":1,"error":0,"meta":{},"metrics":{"_top_level":1}}]}]}""",
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
