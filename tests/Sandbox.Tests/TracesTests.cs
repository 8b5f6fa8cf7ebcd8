using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;

namespace Partner.Sandbox.Tests;

public sealed class TracesTests
{
    private const string Protobuf = "application/x-protobuf";
    private const string Trace = "0123456789abcdef0011223344556677";

    private const string JsonSpans = """
        {"traces":[{"spans":[{"trace_id":"0011223344556677","span_id":"00000000000000aa",
        "parent_id":"0000000000000000","name":"web.request","service":"shop","resource":"GET /","type":"web",
        "start":1793534400000000000,"duration":5000000,"error":0,"meta":{"env":"test"},"metrics":{"_top_level":1}}]}]}
        """;

    private const string OtlpJson = """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeSpans":[{"spans":[{"traceId":"0123456789ABCDEF0011223344556677","spanId":"00000000000000aa",
        "name":"GET /","startTimeUnixNano":"1793534400000000000","endTimeUnixNano":1793534400005000000,
        "attributes":[{"key":"operation.name","value":{"stringValue":"web.request"}},
        {"key":"retries","value":{"intValue":"3"}}]}]}]}]}
        """;

    [Fact]
    public async Task OtlpAsProtobufArrivesSpanBySpan()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US3");

        var reply = await PostAsync(world, "otlp.us3.datadoghq.com/v1/traces", key, Otlp(), Protobuf);

        Assert.Equal(((202, ""), Protobuf), (reply.Said, reply.ContentType));
        Assert.Equal([Line(Trace), Line(Trace, "00000000000000bb", "00000000000000aa", "GET /")], Items(world));
        Assert.Equal(("otlp.us3.datadoghq.com", "traces", 2), (Arrived(world)));
    }

    [Fact]
    public async Task OtlpAsJsonArrivesAlike()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("UK1");

        var reply = await PostAsync(
            world,
            "otlp.uk1.datadoghq.com/v1/traces",
            key,
            Encoding.UTF8.GetBytes(OtlpJson),
            "application/json"
        );

        Assert.Equal((202, "{}"), reply.Said);
        Assert.Equal([Line(Trace)], Items(world));
    }

    [Fact]
    public async Task APlatformHasASubDomainOfItsOwnWithoutTheListOfOrgs()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("EU1");
        world.OrgAt("EU1").OtlpAllowed = false;

        var direct = await PostAsync(world, "otlp.datadoghq.eu/v1/traces", key, Otlp(), Protobuf);
        var platform = await PostAsync(world, "demo.integrations.otlp.datadoghq.eu/v1/traces", key, Otlp(), Protobuf);
        var unknown = await PostAsync(world, "other.integrations.otlp.datadoghq.eu/v1/traces", key, Otlp(), Protobuf);

        const string Forbidden = """{"errors":["Forbidden"]}""";
        Assert.Equal(((403, Forbidden), (202, ""), (403, Forbidden)), (direct.Said, platform.Said, unknown.Said));
        Assert.Equal("datadog-facts 3.6d: 403, the org is not allowed on OTLP", direct.Fact);
        Assert.Equal(("demo.integrations.otlp.datadoghq.eu", "traces", 2), Arrived(world));
    }

    [Fact]
    public async Task TheSourceOfAPartnerIsAskedForWhereItIsSet()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.Set("""{"otlpSource":"demo-partner"}""");

        var without = await PostAsync(world, "otlp.datadoghq.com/v1/traces", key, Otlp(), Protobuf);
        var with = await PostAsync(
            world,
            "otlp.datadoghq.com/v1/traces",
            key,
            Otlp(),
            Protobuf,
            ("dd-otlp-source", "demo-partner")
        );

        Assert.Equal((403, 202), ((int)without.Status, (int)with.Status));
    }

    [Theory]
    [InlineData("otlp.ddog-gov.com")]
    [InlineData("otlp.us2.ddog-gov.com")]
    [InlineData("demo.integrations.otlp.ddog-gov.com")]
    [InlineData("integrations.otlp.datadoghq.com")]
    public async Task TheGovernmentSitesHaveNoOtlpHost(string host)
    {
        await using var world = await World.StartAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() =>
            PostAsync(world, $"{host}/v1/traces", null, Otlp(), Protobuf)
        );
    }

    [Fact]
    public async Task JsonSpansArriveAtTheIrregularHostOfEverySite()
    {
        await using var world = await World.StartAsync();

        foreach (var site in SiteTable.All)
        {
            var key = await world.KeyAsync(site.Name);
            foreach (var host in site.SpanHosts)
            {
                var body = Encoding.UTF8.GetBytes(JsonSpans);
                var reply = await PostAsync(world, $"{host}/api/v2/spans", key, body, "application/json");
                Assert.Equal((host, 202, "{}"), (host, (int)reply.Status, reply.Body));
            }
        }

        Assert.Equal(SiteTable.All.Sum(site => site.SpanHosts.Length), world.State.Arrivals.Count);
        Assert.All(Items(world), item => Assert.Equal(Line("0011223344556677"), item));
    }

    [Fact]
    public async Task AnAgentPayloadArrivesWithItsWholeTraceId()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US2-FED");

        var reply = await PostAsync(
            world,
            "trace.agent.us2.ddog-gov.com/api/v0.2/traces",
            key,
            Gzip(AgentPayload()),
            Protobuf,
            Gzipped
        );
        var stats = await PostAsync(
            world,
            "trace.agent.us2.ddog-gov.com/api/v0.2/stats",
            key,
            Gzip([1, 2, 3]),
            "application/msgpack",
            Gzipped
        );

        Assert.Equal(((200, "{}"), (200, "{}")), (reply.Said, stats.Said));
        Assert.Equal([Line(Trace), Line(Trace, "00000000000000bb", "00000000000000aa")], Items(world));
    }

    [Theory]
    [InlineData("otlp.datadoghq.com/v1/traces", 15 * 1024 * 1024)]
    [InlineData("public-trace-http-intake.logs.datadoghq.com/api/v2/spans", 8 * 1024 * 1024)]
    [InlineData("trace.agent.datadoghq.com/api/v0.2/traces", 3_200_000)]
    public async Task TooMuchUncompressedIsRefused(string address, int limit)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var full = await PostAsync(world, address, key, Gzip(new byte[limit]), Protobuf, Gzipped);
        var over = await PostAsync(world, address, key, Gzip(new byte[limit + 1]), Protobuf, Gzipped);

        Assert.Equal((400, 413), ((int)full.Status, (int)over.Status));
        Assert.Equal("""{"errors":["Payload Too Large"]}""", over.Body);
    }

    [Theory]
    [InlineData("otlp.datadoghq.com/v1/traces", "application/json", "{\"resourceSpans\":{}}")]
    [InlineData("otlp.datadoghq.com/v1/traces", "application/json", "[]")]
    [InlineData("otlp.datadoghq.com/v1/traces", Protobuf, "\u000a\u0005")]
    [InlineData("public-trace-http-intake.logs.datadoghq.com/api/v2/spans", "application/json", "{}")]
    [InlineData(
        "public-trace-http-intake.logs.datadoghq.com/api/v2/spans",
        "application/json",
        """{"traces":[{"spans":[{"trace_id":1,"span_id":2,"start":3}]}]}"""
    )]
    [InlineData("trace.agent.datadoghq.com/api/v0.2/traces", Protobuf, "\u002a\u0004\u0032\u0002\u001a\u0000")]
    public async Task WhatCannotBeReadIsMalformed(string address, string contentType, string body)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");

        var reply = await PostAsync(world, address, key, Encoding.UTF8.GetBytes(body), contentType);

        Assert.Equal((400, """{"errors":["Payload is malformed"]}"""), reply.Said);
        Assert.Equal(0, world.State.Arrivals.Count);
    }

    [Theory]
    [InlineData("otlp.datadoghq.com/v1/traces")]
    [InlineData("demo.integrations.otlp.datadoghq.com/v1/traces")]
    [InlineData("public-trace-http-intake.logs.datadoghq.com/api/v2/spans")]
    [InlineData("trace.agent.datadoghq.com/api/v0.2/traces")]
    public async Task AKeyIsNeededAndOneOfThisSite(string address)
    {
        await using var world = await World.StartAsync();
        var foreign = await world.KeyAsync("US3");

        var without = await PostAsync(world, address, null, Otlp(), Protobuf);
        var wrong = await PostAsync(world, address, foreign, Otlp(), Protobuf);

        Assert.Equal((401, 403), ((int)without.Status, (int)wrong.Status));
        Assert.Equal(0, world.State.Arrivals.Count);
    }

    private static readonly (string, string) Gzipped = ("Content-Encoding", "gzip");

    private static byte[] Otlp()
    {
        var resource = new Wire().Message(1, Attribute("service.name", "shop"));
        var root = Span(0xaa).Message(9, Attribute("operation.name", "web.request"));
        var child = Span(0xbb).Blob(4, Id(0xaa));
        var scope = new Wire().Message(1, new Wire().Text(1, "a library")).Message(2, root).Message(2, child);
        return new Wire().Message(1, new Wire().Message(1, resource).Message(2, scope).Text(3, "a schema")).Bytes;
    }

    private static Wire Span(byte id) =>
        new Wire()
            .Blob(1, Convert.FromHexString(Trace))
            .Blob(2, Id(id))
            .Text(5, "GET /")
            .Varint(6, 2)
            .Fixed64(7, 1793534400000000000)
            .Fixed64(8, 1793534400005000000);

    private static Wire Attribute(string key, string value) =>
        new Wire().Text(1, key).Message(2, new Wire().Text(1, value));

    private static byte[] Id(byte last) => [0, 0, 0, 0, 0, 0, 0, last];

    private static byte[] AgentPayload()
    {
        var root = AgentSpan(0xaa).Message(10, new Wire().Text(1, "_dd.p.tid").Text(2, Trace[..16]));
        var child = AgentSpan(0xbb).Varint(6, 0xaa);
        var chunk = new Wire().Varint(1, 1).Message(3, root).Message(3, child);
        return new Wire().Text(1, "a host").Message(5, new Wire().Text(2, "dotnet").Message(6, chunk)).Bytes;
    }

    private static Wire AgentSpan(byte id) =>
        new Wire()
            .Text(1, "shop")
            .Text(2, "web.request")
            .Text(3, "GET /")
            .Varint(4, 0x0011223344556677)
            .Varint(5, id)
            .Varint(7, 1793534400000000000)
            .Varint(8, 5000000);

    private static string Line(
        string trace,
        string span = "00000000000000aa",
        string parent = "",
        string name = "web.request"
    ) =>
        $$"""
            {"trace_id":"{{trace}}","span_id":"{{span}}","parent_id":"{{parent}}","name":"{{name}}",
            "service":"shop","resource":"GET /","start":1793534400000000000,"duration":5000000}
            """.ReplaceLineEndings("");

    private static byte[] Gzip(byte[] plain)
    {
        using var body = new MemoryStream();
        using (var encoding = new GZipStream(body, CompressionLevel.Fastest))
        {
            encoding.Write(plain);
        }

        return body.ToArray();
    }

    private static IEnumerable<string> Items(World world) =>
        world.State.Arrivals.Items().Select(item => Encoding.UTF8.GetString(item.Raw.Span));

    private static (string Host, string Type, int Items) Arrived(World world) =>
        world.State.Arrivals.All.Select(arrival => (arrival.Host, arrival.Type, arrival.Items)).Single();

    private static Task<Reply> PostAsync(
        World world,
        string address,
        string? key,
        byte[] body,
        string contentType,
        params (string Name, string Value)[] headers
    )
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"https://{address}")
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (key is not null)
        {
            request.Headers.Add("DD-API-KEY", key);
        }

        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.Add(name, value);
            }
        }

        return world.SendAsync(request);
    }
}
