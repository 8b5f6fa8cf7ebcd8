using System.Text;
using MessagePack;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Sending;
using Partner.Traces.Agent;
using Partner.Traces.Otlp;

namespace Partner.Traces.Tests;

/// <summary>
/// Whatever comes in, the answer is items or a refusal, and what was accepted can be encoded for every sink.
/// </summary>
public sealed class HostileBytesTests
{
    private static readonly (string Path, string Type, byte[] Body)[] Valid =
    [
        (
            "/v1/traces",
            "application/x-protobuf",
            OtlpJson.ToProtobuf(Encoding.UTF8.GetBytes(Samples.OtlpJson)).ToArray()
        ),
        ("/v1/traces", "application/json", Encoding.UTF8.GetBytes(Samples.OtlpJson)),
        ("/v0.4/traces", "application/msgpack", Samples.AgentMessagePack),
        ("/v0.4/traces", "application/json", Encoding.UTF8.GetBytes(Samples.AgentJson)),
        ("/v0.5/traces", "application/msgpack", Samples.Indexed),
        ("/v0.7/traces", "application/json", Encoding.UTF8.GetBytes(Samples.PayloadJson)),
        ("/v0.7/traces", "application/msgpack", MessagePackSerializer.ConvertFromJson(Samples.PayloadJson)),
        ("/api/v2/spans", "application/json", Encoding.UTF8.GetBytes(Samples.AgentlessJson)),
    ];

    // Of a binary, an extension, a text, an array and a map, each by four bytes.
    private static readonly byte[] LeadsOfLongLengths = [0xC6, 0xC9, 0xDB, 0xDD, 0xDF];

    [Fact]
    public void EveryTruncationIsAnsweredWithoutAnException()
    {
        foreach (var (path, type, body) in Valid)
        {
            Assert.Single(ParseAndEncode(path, type, body)!.Items);
            for (var length = 1; length < body.Length; length++)
            {
                var parsed = ParseAndEncode(path, type, body[..length]);
                Assert.True(
                    parsed.Refusal is { Status: 400 } || body[length..].All(b => char.IsWhiteSpace((char)b)),
                    $"{type} {length}"
                );
            }
        }
    }

    [Fact]
    public void EveryChangedByteIsAnsweredWithoutAnException()
    {
        foreach (var (path, type, body) in Valid)
        {
            for (var i = 0; i < body.Length; i++)
            {
                foreach (
                    var value in new byte[]
                    {
                        0x00,
                        0x0A,
                        0x22,
                        0x5C,
                        0x7F,
                        0x80,
                        0x93,
                        0xC1,
                        0xC6,
                        0xD9,
                        0xDD,
                        0xDF,
                        0xFF,
                    }
                )
                {
                    byte[] changed = [.. body];
                    changed[i] = value;
                    ParseAndEncode(path, type, changed);
                }
            }
        }
    }

    [Theory]
    [InlineData("7FFFFFFF")]
    [InlineData("80000000")]
    [InlineData("FFFFFFFF")]
    public void EveryValueMayClaimToBeGigabytesLong(string length)
    {
        foreach (var (path, type, body) in Valid.Where(valid => valid.Type == "application/msgpack"))
        {
            for (var i = 0; i < body.Length; i++)
            {
                foreach (var lead in LeadsOfLongLengths)
                {
                    ParseAndEncode(path, type, [.. body[..i], lead, .. Convert.FromHexString(length), .. body[i..]]);
                }
            }
        }
    }

    [Theory]
    [InlineData("""\ud83d""")]
    [InlineData("""\ud83dAAA""")]
    [InlineData("""\udc00\ud800""")]
    public void HalfASurrogatePairIsTextEverywhere(string half)
    {
        foreach (var (path, type, body) in Valid.Where(valid => valid.Type == "application/json"))
        {
            var text = Encoding.UTF8.GetString(body);
            for (var i = text.IndexOf('"'); i >= 0; i = text.IndexOf('"', i + 1))
            {
                ParseAndEncode(path, type, Encoding.UTF8.GetBytes(text.Insert(i + 1, half)));
            }
        }
    }

    [Fact]
    public void RandomBytesAreAnsweredWithoutAnException()
    {
        var random = new Random(20261122);
        for (var i = 0; i < 20_000; i++)
        {
            var (path, type, body) = Valid[i % Valid.Length];
            var start = random.Next(body.Length);
            byte[] mixed =
            [
                .. body[..start],
                .. Enumerable.Range(0, random.Next(40)).Select(_ => (byte)random.Next(256)),
                .. body[random.Next(body.Length)..],
            ];
            ParseAndEncode(path, type, mixed);
        }
    }

    [Theory]
    [InlineData("application/msgpack", "DDFFFFFFFF")]
    [InlineData("application/msgpack", "91DDFFFFFFFF")]
    [InlineData("application/msgpack", "9191DFFFFFFFFF")]
    [InlineData("application/msgpack", "919181DBFFFFFFFF")]
    [InlineData("application/msgpack", "C1")]
    [InlineData("application/msgpack", "90C0")]
    public void ACountIsNotBelieved(string type, string hex) =>
        Assert.Equal(400, ParseAndEncode("/v0.4/traces", type, Convert.FromHexString(hex)).Refusal?.Status);

    [Fact]
    public void DepthIsBounded()
    {
        byte[] deep = [0x91, 0x91, 0x81, .. Samples.Text("x"), .. Enumerable.Repeat((byte)0x91, 1_000_000)];
        Assert.Equal(400, ParseAndEncode("/v0.4/traces", "application/msgpack", deep).Refusal?.Status);
        var json =
            "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"k\",\"value\":"
            + string.Concat(Enumerable.Repeat("{\"arrayValue\":{\"values\":[", 100_000));
        Assert.Equal(
            400,
            ParseAndEncode("/v1/traces", "application/json", Encoding.UTF8.GetBytes(json)).Refusal?.Status
        );
    }

    private static ParsedBody ParseAndEncode(string path, string type, byte[] body)
    {
        var parsed = TracesParser.Parse(
            new IntakeBody(body, type, QueryCollection.Empty, new(path, 202, DatadogErrorShape.Texts))
        );
        foreach (var item in parsed.Items)
        {
            var bytes = parsed.Bytes.Slice(item.Offset, item.Length);
            AgentPayloadDecoder.Decode(AgentPayload.Encode(bytes).Span);
            using var json = System.Text.Json.JsonDocument.Parse(
                $"{{\"traces\":[{Encoding.UTF8.GetString(JsonSpans.Encode(bytes).Span)}]}}"
            );
        }

        return parsed;
    }
}
