using System.Text;
using Partner.Sending;

namespace Partner.Traces.Tests;

/// <summary>The forms beside v0.3 and v0.4 in which tracers send spans, and the fields that only some write.</summary>
public sealed class AgentFormatsTests
{
    private const string IndexedPath = "/v0.5/traces";
    private const string PayloadPath = "/v0.7/traces";
    private const string AgentlessPath = "/api/v2/spans";

    [Fact]
    public void TextsThatStandOnceAreThoseOfTheSpansThatNameThem()
    {
        var spans = Requests.SpansOf(Requests.Parse(IndexedPath, Requests.MessagePack, Samples.Indexed));

        Assert.Equal(
            [
                "0000000000000000 123 9 0 web http.request GET / http 4 5 True env=prod n=0.5 ",
                "0000000000000000 123 2 9 db query query db 6 1 False   ",
            ],
            spans.Select(Samples.Describe)
        );
    }

    [Theory]
    [InlineData(new byte[] { 10, 2, 3, 1, 9, 0, 4, 5, 1, 0x80, 0x80, 9 })]
    [InlineData(new byte[] { 0xFF, 2, 3, 1, 9, 0, 4, 5, 1, 0x80, 0x80, 9 })]
    [InlineData(new byte[] { 1, 2, 3, 1, 9, 0, 4, 5, 1, 0x81, 6, 11, 0x80, 9 })]
    [InlineData(new byte[] { 1, 2, 3, 1, 9, 0, 4, 5, 1, 0x80, 0x81, 0xC0, 1, 9 })]
    [InlineData(new byte[] { 1, 2, 3, 1, 9, 0, 4, 5, 1, 0xC0, 0x80, 9 })]
    public void ASpanThatNamesNoTextIsADeadLetterAndTheNextGoesOn(byte[] span)
    {
        var parsed = Requests.Parse(IndexedPath, Requests.MessagePack, Samples.IndexedOf(span));

        Assert.Equal("db", Requests.SpanOf(parsed).Service);
        Assert.Equal([("malformed", "A span is not a map of its fields.")], Requests.LettersOf(parsed));
        Assert.Equal([0x9C, .. span], Assert.Single(parsed.Dead).Bytes);
    }

    [Fact]
    [Trait("fault", "F31")]
    public void TextsThatAreNamedOftenArePaidForEachTime()
    {
        byte[] span = [0x9C, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0x80, 0x80, 0];
        byte[] body =
        [
            0x92,
            0x91,
            .. Samples.Text(new string('x', 100_000)),
            0x91,
            .. Requests.Array([.. Enumerable.Repeat(span, 100)]),
        ];
        var memory = new MemoryCharge();

        Requests.Parse(IndexedPath, Requests.MessagePack, body, memory);

        Assert.True(memory.Peak > 4 * 100 * 100_000, $"{memory.Peak}");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[[],[]]")]
    [InlineData("[[]]")]
    public void WhatIsNotOfItsFormIsRefused(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);

        Assert.Equal(415, Requests.Parse(IndexedPath, Requests.Json, bytes).Refusal?.Status);
        Assert.Equal(400, Requests.Parse(PayloadPath, Requests.Json, bytes).Refusal?.Status);
        Assert.Equal(400, Requests.Parse(AgentlessPath, Requests.Json, bytes).Refusal?.Status);
        Assert.Equal(400, Requests.Parse(IndexedPath, Requests.MessagePack, [0x91, 0x90]).Refusal?.Status);
    }

    [Fact]
    public void WhatAPayloadSaysOfItsTracesIsSaidByTheirSpans()
    {
        var spans = Requests.SpansOf(
            Requests.Parse(PayloadPath, Requests.Json, Encoding.UTF8.GetBytes(Samples.PayloadJson))
        );

        Assert.Equal(
            [
                "640cfd8d00000000 123 18446744073709551615 0 web http.request GET / web 1700000000000000001 5 True _dd.p.dm=-1,env=prod,error.message=boom,language=js,span.kind=server,version=7 _sampling_priority_v1=2,n=0.5 ",
                "640cfd8d00000000 123 2 18446744073709551615 db query SELECT db 1700000000000000002 1 False env=staging,version=7  ",
            ],
            spans.Select(Samples.Describe)
        );
    }

    [Fact]
    public void IdsWithoutAnAgentAreHexadecimal()
    {
        var spans = Requests.SpansOf(
            Requests.Parse(AgentlessPath, Requests.Json, Encoding.UTF8.GetBytes(Samples.AgentlessJson))
        );

        Assert.Equal(
            [
                "640cfd8d00000000 123 18446744073709551615 0 web http.request GET / web 1700000000000000001 5 True _dd.hostname=h,env=prod,language=js,runtime-id=r _sampling_priority_v1=2 s=AQI=",
                "640cfd8d00000000 123 2 18446744073709551615 db query SELECT db 1700000000000000002 1 False env=staging  ",
            ],
            spans.Select(Samples.Describe)
        );
    }

    [Theory]
    [InlineData("""{"traces":[null,{"spans":null},{"spans":[null]},GOOD]}""", 0, null)]
    [InlineData("""{"traces":[7,GOOD,{},{"spans":{}}]}""", 3, "The body is not an array of arrays of spans.")]
    [InlineData(
        """{"traces":[{"spans":[{"trace_id":"xyz","span_id":"1"}]},GOOD]}""",
        1,
        "A span has no trace_id or no span_id."
    )]
    [InlineData(
        """{"traces":[{"spans":[{"trace_id":"","span_id":"1"}]},GOOD]}""",
        1,
        "A span has no trace_id or no span_id."
    )]
    public void OneBadTraceLeavesItsPayloadAlone(string body, int dead, string? detail)
    {
        const string Good = """{"spans":[{"trace_id":"1","span_id":"2","name":"a"}]}""";
        var bytes = Encoding.UTF8.GetBytes(body.Replace("GOOD", Good, StringComparison.Ordinal));

        var parsed = Requests.Parse(AgentlessPath, Requests.Json, bytes);

        Assert.Equal("a", Requests.SpanOf(parsed).Name);
        var told = parsed.Dead.Where(letter => letter.Status != 0).ToList();
        Assert.Equal(dead, told.Sum(letter => letter.Items));
        Assert.All(told, letter => Assert.Equal(detail, letter.Detail));
    }

    [Fact]
    public void EventsAndLinksAreTheTagsThatOlderTracersWrite()
    {
        const string Json = """
            [[{"trace_id":1,"span_id":2,"name":"a",
            "span_events":[{"name":"e","time_unix_nano":7,"attributes":{"s":{"type":0,"string_value":"x"},"b":{"type":1,"bool_value":true},
            "i":{"type":2,"int_value":-3},"d":{"type":3,"double_value":0.5},"a":{"type":4,"array_value":{"values":[{"type":0,"string_value":"y"},{"type":2,"int_value":4}]}},
            "n":{"type":9},"o":7}},{},7],
            "span_links":[{"trace_id":123,"trace_id_high":7209415885545537536,"span_id":2,"flags":2147483649,"tracestate":"a=b","attributes":{"k":"v"}},{"trace_id":1,"span_id":1}]}]]
            """;

        var span = Requests.SpanOf(Requests.ParseAgent(Json));

        Assert.Equal(
            """[{"attributes":{"s":"x","b":true,"i":-3,"d":0.5,"a":["y",4],"n":null,"o":null},"time_unix_nano":7,"name":"e"},{"time_unix_nano":0,"name":"","attributes":{}}]""",
            span.Meta["events"]
        );
        Assert.Equal(
            """[{"tracestate":"a=b","attributes":{"k":"v"},"trace_id":"640cfd8d00000000000000000000007b","span_id":"0000000000000002","flags":1},{"trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","attributes":{}}]""",
            span.Meta["_dd.span_links"]
        );
    }

    [Fact]
    public void EventsInMessagePackAreRead()
    {
        var events = Requests.Array(
            Requests.Map(
                Samples.Text("name"),
                Samples.Text("e"),
                Samples.Text("time_unix_nano"),
                [7],
                Samples.Text("attributes"),
                Requests.Map(
                    Samples.Text("s"),
                    Requests.Map(Samples.Text("string_value"), Samples.Text("x"), Samples.Text("type"), [0]),
                    Samples.Text("odd"),
                    [7],
                    Samples.Text("i"),
                    Requests.Map(Samples.Text("type"), [2], Samples.Text("int_value"), [0xD0, 0x80])
                )
            ),
            [0xC0]
        );
        var body = Requests.Array(
            Requests.Array(Requests.AgentSpan(1, Samples.Text("span_events"), events), Requests.AgentSpan(2))
        );

        var spans = Requests.SpansOf(Requests.ParseAgent(body));

        Assert.Equal(2, spans.Count);
        Assert.Equal(
            """[{"attributes":{"s":"x","odd":null,"i":-128},"time_unix_nano":7,"name":"e"}]""",
            spans[0].Meta["events"]
        );
    }

    [Fact]
    public void MoreEventsThanAreTakenAreTooLarge()
    {
        var events = string.Join(',', Enumerable.Repeat("{}", 10_001));

        var parsed = Requests.ParseAgent(
            $$"""[[{"trace_id":1,"span_id":2,"span_events":[{{events}}]},{"trace_id":1,"span_id":3}]]"""
        );

        Assert.Equal(3UL, Requests.SpanOf(parsed).SpanId);
        Assert.Equal([("too_large", "A span has more than 10000 tags.")], Requests.LettersOf(parsed));
    }
}
