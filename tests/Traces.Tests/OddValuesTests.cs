using Partner.Sending;
using Partner.Sending.Otlp;
using Partner.Traces.Agent;
using Partner.Traces.Otlp;

namespace Partner.Traces.Tests;

/// <summary>Values that their places are not made for: kept where they can be, else left out and counted; never a refusal.</summary>
public sealed class OddValuesTests
{
    [Theory]
    [InlineData("7", 7)]
    [InlineData("\"7\"", 7)]
    [InlineData("7.0", 7)]
    [InlineData("\"7.0\"", 7)]
    [InlineData("1e3", 1000)]
    [InlineData("\"1E+3\"", 1000)]
    [InlineData("-0", 0)]
    [InlineData("-5", -5)]
    [InlineData("\"-5\"", -5)]
    [InlineData("9007199254740993", 9007199254740993)]
    [InlineData("9.007199254740993e15", 9007199254740993)]
    [InlineData("\"9223372036854775807\"", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void AWholeNumberIsWholeInAnySpelling(string json, long value)
    {
        var bytes = OtlpJson.ToProtobuf(
            System.Text.Encoding.UTF8.GetBytes(Requests.Otlp(Requests.WithAttribute($$"""{"intValue":{{json}} }""")))
        );
        var expected = new ProtoWriter();
        expected.Varint(OtlpFields.Any.Int, (ulong)value);
        Assert.Equal(expected.Written.ToArray(), AnyOf(bytes));
    }

    [Theory]
    [InlineData("9223372036854775808", 9223372036854775808.0)]
    [InlineData("\"9223372036854775808\"", 9223372036854775808.0)]
    [InlineData("18446744073709551615", 18446744073709551615.0)]
    [InlineData("1e+21", 1e21)]
    [InlineData("\"1e+21\"", 1e21)]
    [InlineData("-1e300", -1e300)]
    [InlineData(
        "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
        1.2345678901234568e89
    )]
    [InlineData("7.5", 7.5)]
    [InlineData("1e-3", 0.001)]
    public void WhatSixtyFourBitsHaveNoRoomForIsADouble(string json, double value)
    {
        var bytes = OtlpJson.ToProtobuf(
            System.Text.Encoding.UTF8.GetBytes(Requests.Otlp(Requests.WithAttribute($$"""{"intValue":{{json}} }""")))
        );
        var expected = new ProtoWriter();
        expected.Double(OtlpFields.Any.Double, value);
        Assert.Equal(expected.Written.ToArray(), AnyOf(bytes));
    }

    [Theory]
    [InlineData("1544712660000000000", 1544712660000000000)]
    [InlineData("\"1544712660000000000\"", 1544712660000000000)]
    [InlineData("1.54471266e18", 1544712660000000000)]
    [InlineData("\"1.54471266E+18\"", 1544712660000000000)]
    [InlineData("1544712660000000000.0", 1544712660000000000)]
    public void ATimeIsOneInAnySpelling(string json, long start)
    {
        var parsed = Requests.ParseOtlp(
            Requests.Otlp($$"""{{Requests.Good(1)[..^1]}},"startTimeUnixNano":{{json}} }""")
        );
        Assert.Equal((start, 0), (Requests.SpanOf(parsed).Start, parsed.LeftOut));
    }

    [Theory]
    [InlineData("2", "server")]
    [InlineData("2.0", "server")]
    [InlineData("\"2\"", "server")]
    [InlineData("\"SPAN_KIND_SERVER\"", "server")]
    [InlineData("\"SPAN_KIND_CONSUMER\"", "consumer")]
    [InlineData("9", "unspecified")]
    public void AKindIsANumberOrAName(string json, string kind)
    {
        var parsed = Requests.ParseOtlp(
            Requests.Otlp($$"""{{Requests.Good(1)[..^1]}},"kind":{{json}},"status":{"code":"STATUS_CODE_ERROR"} }""")
        );
        var span = Requests.SpanOf(parsed);
        Assert.Equal((kind, true, 0), (span.Meta["span.kind"], span.Error, parsed.LeftOut));
    }

    [Theory]
    [InlineData("\"startTimeUnixNano\":\"soon\"")]
    [InlineData("\"startTimeUnixNano\":-1")]
    [InlineData("\"endTimeUnixNano\":1e30")]
    [InlineData("\"endTimeUnixNano\":{}")]
    [InlineData("\"kind\":\"SERVER\"")]
    [InlineData("\"kind\":-1")]
    [InlineData("\"flags\":4294967296")]
    [InlineData("\"flags\":true")]
    [InlineData("\"droppedAttributesCount\":\"few\"")]
    [InlineData("\"name\":{\"a\":[1]}")]
    [InlineData("\"parentSpanId\":\"xyz\"")]
    [InlineData("\"attributes\":[7]")]
    [InlineData("\"attributes\":\"x\"")]
    [InlineData("\"attributes\":[{\"key\":5,\"value\":{\"stringValue\":\"v\"}}]")]
    [InlineData("\"attributes\":[{\"key\":\"k\",\"value\":\"v\"}]")]
    [InlineData("\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":7}}]")]
    [InlineData("\"attributes\":[{\"key\":\"k\",\"value\":{\"intValue\":\"many\"}}]")]
    [InlineData("\"attributes\":[{\"key\":\"k\",\"value\":{\"boolValue\":1}}]")]
    [InlineData("\"attributes\":[{\"key\":\"k\",\"value\":{\"bytesValue\":\"!\"}}]")]
    [InlineData("\"events\":[{\"timeUnixNano\":\"late\"}]")]
    [InlineData("\"links\":[{\"traceId\":\"xyz\"}]")]
    [InlineData("\"status\":5")]
    public void AnotherTypeInOtlpIsLeftOutAndCounted(string member)
    {
        var span = Requests.Good(1);
        var parsed = Requests.ParseOtlp(Requests.Otlp($"{span[..^1]},{member}}}", Requests.Good(2)));
        Assert.Equal([1UL, 2UL], Requests.SpansOf(parsed).Select(read => read.SpanId));
        Assert.Equal((1, 0), (parsed.LeftOut, parsed.Dead.Count));
    }

    [Theory]
    [InlineData("AQI=")]
    [InlineData("AQI")]
    public void BytesAreBase64OfEitherAlphabetFilledUpOrNot(string text)
    {
        var parsed = Requests.ParseOtlp(Requests.Otlp(Requests.WithAttribute($$"""{"bytesValue":"{{text}}"}""")));
        Assert.Equal("AQI=", Requests.SpanOf(parsed).Meta["a"]);
        Assert.Equal(
            "+/8=",
            Requests.SpanOf(Requests.ParseOtlp(Requests.Otlp(Requests.WithAttribute("""{"bytesValue":"-_8"}""")))).Meta[
                "a"
            ]
        );
    }

    [Theory]
    [InlineData("NaN", double.NaN)]
    [InlineData("Infinity", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("0.5", 0.5)]
    public void ADoubleMayBeText(string text, double value) =>
        Assert.Equal(
            value,
            Requests
                .SpanOf(Requests.ParseOtlp(Requests.Otlp(Requests.WithAttribute($$"""{"doubleValue":"{{text}}"}"""))))
                .Metrics["a"]
        );

    // JSON may write half a pair, MessagePack any byte; RFC 8259 8.2.
    [Fact]
    public void WhatIsNoCharacterIsAReplacementCharacterInEveryForm()
    {
        const string Half = "a\\ud83d";
        var agent = Requests.SpanOf(
            Requests.ParseAgent(
                $$"""[[{"trace_id":1,"span_id":1,"name":"{{Half}}","\udc00":1,"meta":{"{{Half}}k":"{{Half}}","ok":"\ud83d\ude00"},"metrics":{"\ude00":1} }]]"""
            )
        );
        Assert.Equal(
            ("a\uFFFD", "a\uFFFD", "\U0001F600", 1),
            (agent.Name, agent.Meta["a\uFFFDk"], agent.Meta["ok"], agent.Metrics["\uFFFD"])
        );

        var otlp = Requests.SpanOf(
            Requests.ParseOtlp(
                Requests.Otlp(
                    $$"""{{Requests.Good(1)[..^1]}},"{{Half}}":1,"name":"{{Half}}","attributes":[{"key":"{{Half}}","value":{"stringValue":"{{Half}}"} }]}"""
                )
            )
        );
        Assert.Equal(("a\uFFFD", "a\uFFFD"), (otlp.Resource, otlp.Meta["a\uFFFD"]));

        byte[] bad = [0xA3, (byte)'a', 0xED, 0xA0];
        var packed = Requests.SpanOf(
            Requests.ParseAgent(
                Requests.Array(
                    Requests.Array(
                        Requests.AgentSpan(1, Samples.Text("name"), bad, Samples.Text("meta"), Requests.Map(bad, bad))
                    )
                )
            )
        );
        Assert.Equal(("a\uFFFD\uFFFD", "a\uFFFD\uFFFD"), (packed.Name, packed.Meta["a\uFFFD\uFFFD"]));

        byte[] latin = [(byte)'"', (byte)'a', 0xE9, (byte)'"'];
        byte[] body =
        [
            .. "[[{\"trace_id\":1,\"span_id\":1,\"name\":"u8,
            .. latin,
            .. ",\"meta\":{"u8,
            .. latin,
            (byte)':',
            .. latin,
            .. "}}]]"u8,
        ];
        var json = Requests.SpanOf(Requests.Parse(Requests.AgentPath, Requests.Json, body));
        Assert.Equal(("a\uFFFD", "a\uFFFD"), (json.Name, json.Meta["a\uFFFD"]));
    }

    [Fact]
    public void TextOfProtobufThatIsNoUtf8GoesOnAsItCameAndIsDecodedForOtherIntakes()
    {
        byte[] ids = [0x0A, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x12, 8, 0, 0, 0, 0, 0, 0, 0, 1];
        var body = Requests.Message(
            1,
            Requests.Message(2, Requests.Message(2, [.. ids, .. Requests.Message(5, [(byte)'a', 0xFF])]))
        );
        var parsed = Requests.Parse(Requests.OtlpPath, Requests.Protobuf, body);
        Assert.Equal(body, parsed.Bytes.ToArray());
        Assert.Equal("a\uFFFD", Requests.SpanOf(parsed).Resource);
        Assert.Contains(
            "a\\uFFFD",
            System.Text.Encoding.UTF8.GetString(JsonSpans.Encode(body).Span),
            StringComparison.Ordinal
        );
    }

    // Down to the first attribute's value.
    private static byte[] AnyOf(ReadOnlyMemory<byte> request)
    {
        var bytes = request.ToArray();
        foreach (var field in new[] { 1, 2, 2, 9, 2 })
        {
            var reader = new ProtobufReader(bytes);
            byte[]? found = null;
            while (found is null && reader.Next())
            {
                if (reader.Field == field)
                {
                    found = reader.ReadBytes().ToArray();
                }
            }

            bytes = found!;
        }

        return bytes;
    }
}
