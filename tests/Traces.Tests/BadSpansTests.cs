using Partner.Sending;

namespace Partner.Traces.Tests;

/// <summary>One span or trace that cannot be sent takes no other with it, in any form.</summary>
public sealed class BadSpansTests
{
    private const string NoAgentIds = "A span has no trace_id or no span_id.";
    private const string NoOtlpIds = "A span has no trace id of 16 bytes or no span id of 8 bytes.";

    [Theory]
    [InlineData("""[{"trace_id":0,"span_id":2}]""", NoAgentIds)]
    [InlineData("""[{"trace_id":2,"span_id":0}]""", NoAgentIds)]
    [InlineData("""[{"trace_id":2,"span_id":null}]""", NoAgentIds)]
    [InlineData("""[{"trace_id":{},"span_id":2}]""", NoAgentIds)]
    [InlineData("""[{"trace_id":2.5,"span_id":2}]""", NoAgentIds)]
    [InlineData("""[{"trace_id":-1e30,"span_id":2}]""", NoAgentIds)]
    [InlineData("[{}]", NoAgentIds)]
    [InlineData("[null]", "A span is null.")]
    [InlineData("[7]", "A span is not a map of its fields.")]
    [InlineData("[[]]", "A span is not a map of its fields.")]
    [InlineData("null", "A trace is null.")]
    [InlineData("{}", "The body is not an array of arrays of spans.")]
    [InlineData("\"x\"", "The body is not an array of arrays of spans.")]
    public void InAgentJson(string trace, string detail)
    {
        const string Good = """[{"trace_id":1,"span_id":1,"name":"n1"}]""";
        foreach (var body in new[] { $"[{Good},{trace}]", $"[{trace},{Good}]", $"[{trace}, {Good} ,{trace}]" })
        {
            var parsed = Requests.ParseAgent(body);
            Assert.Equal("n1", Requests.SpanOf(parsed).Name);
            Assert.All(Requests.LettersOf(parsed), letter => Assert.Equal(("malformed", detail), letter));
            Assert.Equal(body.Split(trace).Length - 1, parsed.Dead.Count);
            // As it came: a bad span without its trace's brackets.
            Assert.All(
                parsed.Dead,
                letter =>
                    Assert.Contains(System.Text.Encoding.UTF8.GetString(letter.Bytes), trace, StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public void InMessagePack()
    {
        var good = Requests.Array(Requests.AgentSpan(1));
        (byte[] Trace, string Detail)[] bad =
        [
            (Requests.Array(Requests.AgentSpan(0)), NoAgentIds),
            (Requests.Array(Requests.Map(Samples.Text("trace_id"), [1])), NoAgentIds),
            (
                Requests.Array(Requests.Map(Samples.Text("trace_id"), Samples.Text("x"), Samples.Text("span_id"), [1])),
                NoAgentIds
            ),
            (Requests.Array([0xC0]), "A span is null."),
            (Requests.Array([0xC3]), "A span is not a map of its fields."),
            ([0xC0], "A trace is null."),
            ([0x81, 0x01, 0x02], "The body is not an array of arrays of spans."),
        ];
        foreach (var (trace, detail) in bad)
        {
            var parsed = Requests.ParseAgent(Requests.Array(trace, good, trace));
            Assert.Equal("n1", Requests.SpanOf(parsed).Name);
            Assert.Equal([("malformed", detail), ("malformed", detail)], Requests.LettersOf(parsed));
        }
    }

    [Theory]
    [InlineData("""{"traceId":"00000000000000000000000000000000","spanId":"0000000000000002"}""")]
    [InlineData("""{"traceId":"00000000000000000000000000000002","spanId":"0000000000000000"}""")]
    [InlineData("""{"traceId":"0002","spanId":"0000000000000002"}""")]
    [InlineData("""{"traceId":"00000000000000000000000000000002","spanId":"02"}""")]
    [InlineData("""{"traceId":"00000000000000000000000000000002","spanId":"0000000000000002","parentSpanId":"02"}""")]
    [InlineData("""{"traceId":"00000000000000000000000000000002"}""")]
    [InlineData("""{"traceId":5,"spanId":"0000000000000002"}""")]
    [InlineData("""{"traceId":"0000000000000000000000000000000x","spanId":"0000000000000002"}""")]
    [InlineData(
        """{"traceId":"00000000000000000000000000000002","spanId":"0000000000000002","links":[{"traceId":"02"}]}"""
    )]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("7")]
    public void InOtlp(string span)
    {
        foreach (
            var parsed in new[]
            {
                Requests.ParseOtlp(Requests.Otlp(Requests.Good(1), span, Requests.Good(3))),
                Requests.ParseOtlpProtobuf(Requests.Otlp(Requests.Good(1), span, Requests.Good(3))),
            }
        )
        {
            Assert.Equal(
                ["shop n1", "shop n3"],
                Requests.SpansOf(parsed).Select(good => $"{good.Service} {good.Resource}")
            );
            Assert.Equal([("malformed", NoOtlpIds)], Requests.LettersOf(parsed));
        }
    }

    [Fact]
    public void OfOtlpTheAnswerSaysWhatWasNotTaken()
    {
        var otlp = Requests.Otlp(Requests.Good(1), "{}", Requests.Good(3), "null");
        var (inJson, inProtobuf) = (Requests.ParseOtlp(otlp), Requests.ParseOtlpProtobuf(otlp));
        const string Words = $"Not taken: 2 malformed ({NoOtlpIds})";
        Assert.Equal(
            (Requests.Json, $$$"""{"partialSuccess":{"rejectedSpans":"2","errorMessage":"{{{Words}}}"}}"""),
            (inJson.AnswerType, inJson.Answer)
        );
        // partial_success = 1 { rejected_spans = 1; error_message = 2 }
        Assert.Equal(
            (Requests.Protobuf, $"\n{(char)(Words.Length + 4)}\x08\x02\x12{(char)Words.Length}{Words}"),
            (inProtobuf.AnswerType, inProtobuf.Answer)
        );
        Assert.Equal(
            ("{}", ""),
            (
                Requests.ParseOtlp(Requests.Otlp(Requests.Good(1))).Answer,
                Requests.ParseOtlpProtobuf(Requests.Otlp(Requests.Good(1))).Answer
            )
        );
    }

    [Fact]
    public void ASpanThatIsNoProtobufLeavesItsResourceAndItsScopeLeavesTheRequest()
    {
        var good = Requests.Parse(Requests.OtlpPath, Requests.Protobuf, Otlp(Requests.Otlp(Requests.Good(1))));
        var bytes = good.Bytes.ToArray();
        // A number where the ids' bytes belong, a field that goes on behind its end, a group, and no protobuf at all.
        foreach (var bad in new byte[][] { [0x08, 0x01], [0x0A, 0x10, 0x01], [0x0B, 0x0C], [0xFF, 0xFF, 0xFF] })
        {
            foreach (
                var (message, letters) in new[]
                {
                    (
                        Requests.Message(1, Requests.Message(2, Requests.Message(2, bad))),
                        "A span cannot be read as OTLP."
                    ),
                    (Requests.Message(1, Requests.Message(2, [0x12, 0x7F])), "A ResourceSpans cannot be read as OTLP."),
                    (Requests.Message(1, [0x12, 0x7F]), "A ResourceSpans cannot be read as OTLP."),
                }
            )
            {
                var parsed = Requests.Parse(Requests.OtlpPath, Requests.Protobuf, [.. message, .. bytes]);
                Assert.Equal("n1", Requests.SpanOf(parsed).Resource);
                Assert.Equal([("malformed", letters)], Requests.LettersOf(parsed));
                Assert.Equal(400, Requests.Parse(Requests.OtlpPath, Requests.Protobuf, message).Refusal?.Status);
            }
        }
    }

    [Fact]
    public void GoodResourcesBesideStayAsTheyCameToTheByte()
    {
        var (good, bad) = (
            Otlp(Requests.Otlp(Requests.Good(1))),
            Otlp(Requests.Otlp(Requests.Good(2), "{}", Requests.Good(3)))
        );
        var parsed = Requests.Parse(Requests.OtlpPath, Requests.Protobuf, [.. good, .. bad, .. good]);
        Assert.Equal(3, parsed.Items.Count);
        Assert.All(
            new[] { parsed.Items[0], parsed.Items[2] },
            item => Assert.Equal(good, parsed.Bytes.Slice(item.Offset, item.Length).ToArray())
        );
        Assert.Equal(["n1", "n2", "n3", "n1"], Requests.SpansOf(parsed).Select(span => span.Resource));
        // In the form of an item, so that the dead letter says whose it is.
        Assert.Contains(
            "shop",
            System.Text.Encoding.UTF8.GetString(Assert.Single(parsed.Dead).Bytes),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("""[[{"trace_id":1}]]""", NoAgentIds)]
    [InlineData("[null,[7]]", "A span is not a map of its fields.")]
    [InlineData("[{}]", "The body is not an array of arrays of spans.")]
    [InlineData("{}", "The body is not an array of arrays of spans.")]
    public void WithNothingGoodTheRequestIsRefused(string body, string detail) =>
        Assert.Equal(
            (400, detail),
            (Requests.ParseAgent(body).Refusal?.Status, Requests.ParseAgent(body).Refusal?.Detail)
        );

    [Fact]
    public void NullsAloneAreNoReasonToRefuse()
    {
        var parsed = Requests.ParseAgent("[null,[null]]");
        Assert.Equal((null, 0, 2), (parsed.Refusal, parsed.Items.Count, parsed.Dead.Count));
    }

    [Fact]
    public void ASmallRequestLeavesFewDeadLettersAndLosesNothingOfThem()
    {
        const int Bad = 19_000;
        var parsed = Requests.ParseAgent(
            $"[{string.Join(',', Enumerable.Repeat("""[{"trace_id":3}]""", Bad))},[{"{"}\"trace_id\":1,\"span_id\":1,\"name\":\"n1\"{"}"}]]"
        );
        Assert.Equal("n1", Requests.SpanOf(parsed).Name);
        Assert.InRange(parsed.Dead.Count, DeadItems.MaxSingles + 1, 2 * DeadItems.MaxSingles);
        Assert.Equal(Bad, parsed.Dead.Sum(letter => letter.Items));
        Assert.Equal(
            Bad,
            parsed.Dead.Sum(letter => System.Text.Encoding.UTF8.GetString(letter.Bytes).Split('\n').Length)
        );
    }

    private static byte[] Otlp(string json) =>
        Traces.Otlp.OtlpJson.ToProtobuf(System.Text.Encoding.UTF8.GetBytes(json)).ToArray();
}
