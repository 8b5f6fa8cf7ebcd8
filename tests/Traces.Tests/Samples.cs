using System.Buffers.Binary;
using System.Text;

namespace Partner.Traces.Tests;

internal static class Samples
{
    public const string OtlpJson = """
        {"resourceSpans":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"checkout"}},
        {"key":"deployment.environment.name","value":{"stringValue":"prod"}},
        {"key":"host.cpu","value":{"intValue":"4"}}]},
        "scopeSpans":[{"scope":{"name":"lib","version":"1.0"},"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
        "spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173","name":"I'm a span","kind":2,
        "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,"unknown":{"a":[1]},
        "attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"http.route","value":{"stringValue":"/a"}},
        {"key":"ok","value":{"boolValue":true}},{"key":"ratio","value":{"doubleValue":0.5}},
        {"key":"list","value":{"arrayValue":{"values":[{"intValue":-1},{"kvlistValue":{"values":[{"key":"k","value":{"bytesValue":"AQI="}}]}}]}}}],
        "events":[{"timeUnixNano":"7","name":"exception","attributes":[{"key":"n","value":{"intValue":1}}]}],
        "links":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002"}],
        "status":{"code":2,"message":"boom"}}]}]}]}
        """;

    public const string OtlpAsJsonSpans =
        """{"traces":[{"spans":[{"trace_id":"d269b633813fc60c","span_id":"eee19b7ec3c1b174","parent_id":"eee19b7ec3c1b173","service":"checkout","name":"http.server.request","resource":"GET /a","type":"web","start":1544712660000000000,"duration":1000000000,"error":1,"meta":{"http.request.method":"GET","http.route":"/a","ok":"true","list":"[-1,{\u0022k\u0022:\u0022AQI=\u0022}]","env":"prod","otel.scope.name":"lib","otel.scope.version":"1.0","span.kind":"server","error.message":"boom","events":"[{\u0022time_unix_nano\u0022:7,\u0022name\u0022:\u0022exception\u0022,\u0022attributes\u0022:{\u0022n\u0022:1}}]","_dd.span_links":"[{\u0022trace_id\u0022:\u002200000000000000000000000000000001\u0022,\u0022span_id\u0022:\u00220000000000000002\u0022,\u0022attributes\u0022:{}}]","_dd.compute_stats":"1","_dd.p.tid":"5b8efff798038103"},"metrics":{"ratio":0.5,"host.cpu":4,"_top_level":1}}]}]}""";

    public const string AgentJson = """
        [[{"trace_id":123,"span_id":18446744073709551615,"parent_id":null,"service":"web","name":"http.request","resource":"GET /",
        "type":"web","start":1700000000000000001,"duration":5,"error":1,"unknown":{"a":[]},
        "meta":{"env":"prod","_dd.p.tid":"640cfd8d00000000","span.kind":"server","error.message":"boom"},
        "metrics":{"_sampling_priority_v1":2,"n":0.5}},
        {"trace_id":123,"span_id":2,"parent_id":18446744073709551615,"service":"db","name":"query","resource":"SELECT","type":"db",
        "start":1700000000000000002,"duration":1,"error":0,"meta":null}]]
        """;

    /// <summary>The same within a payload of v0.7, which says some of it for all spans or for the first.</summary>
    public static string PayloadJson =>
        $$"""{"language_name":"js","chunks":[{"priority":2,"spans":{{AgentJson.Trim()[1..^1]}},"tags":{"_dd.p.dm":"-1"} }],"env":"staging","app_version":"7"}""";

    /// <summary>What a tracer sends without an agent.</summary>
    public const string AgentlessJson = """
        {"traces":[{"hostname":"h","env":"staging","languageName":"js","runtimeID":"r","spans":[
        {"trace_id":"640cfd8d00000000000000000000007b","span_id":"ffffffffffffffff","parent_id":"0000000000000000","service":"web",
        "name":"http.request","resource":"GET /","type":"web","start":1700000000000000001,"duration":5,"error":1,
        "meta":{"env":"prod"},"metrics":{"_sampling_priority_v1":2},"meta_struct":{"s":"AQI="}},
        {"trace_id":"640cfd8d00000000000000000000007b","span_id":"0000000000000002","parent_id":"FFFFFFFFFFFFFFFF","service":"db",
        "name":"query","resource":"SELECT","type":"db","start":1700000000000000002,"duration":1,"error":0}]}]}
        """;

    /// <summary>Two spans of v0.5: texts, and their numbers.</summary>
    public static byte[] Indexed { get; } = IndexedOf([1, 2, 3, 0x7B, 9, 0, 4, 5, 1, .. Tags(6, 7), .. Metrics(8), 9]);

    /// <summary>v0.5, with a good span of the texts below behind the one that is given.</summary>
    public static byte[] IndexedOf(byte[] span) =>
        [
            0x92,
            0x9A,
            .. new[] { "", "web", "http.request", "GET /", "db", "query", "env", "prod", "n", "http" }.SelectMany(Text),
            0x91,
            0x92,
            0x9C,
            .. span,
            .. new byte[] { 0x9C, 4, 5, 5, 0x7B, 2, 9, 6, 1, 0, 0x80, 0x80, 4 },
        ];

    /// <summary>The same by hand: short and long forms, a negative id, nil, an extension that is skipped.</summary>
    public static byte[] AgentMessagePack { get; } =
    [
        0x91,
        0xDC,
        0x00,
        0x02,
        0x8E,
        .. Text("trace_id"),
        0x7B,
        .. Text("span_id"),
        0xD3,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        0xFF,
        .. Text("parent_id"),
        0xC0,
        .. Text("service"),
        0xD9,
        0x03,
        (byte)'w',
        (byte)'e',
        (byte)'b',
        .. Text("name"),
        .. Text("http.request"),
        .. Text("resource"),
        0xDA,
        0x00,
        0x05,
        .. "GET /"u8,
        .. Text("type"),
        .. Text("web"),
        .. Text("start"),
        0xCF,
        .. Big(1700000000000000001),
        .. Text("duration"),
        0xCC,
        0x05,
        .. Text("error"),
        0xD0,
        0x01,
        .. Text("unknown"),
        0x82,
        .. Text("a"),
        0xC7,
        0x02,
        0x05,
        0x01,
        0x02,
        .. Text("b"),
        0x92,
        0xD4,
        0x01,
        0x02,
        0xC3,
        .. Text("meta"),
        0x84,
        .. Text("env"),
        .. Text("prod"),
        .. Text("_dd.p.tid"),
        .. Text("640cfd8d00000000"),
        .. Text("span.kind"),
        .. Text("server"),
        .. Text("error.message"),
        .. Text("boom"),
        .. Text("metrics"),
        0xDE,
        0x00,
        0x02,
        .. Text("_sampling_priority_v1"),
        0x02,
        .. Text("n"),
        0xCA,
        0x3F,
        0x00,
        0x00,
        0x00,
        .. Text("meta_struct"),
        0x81,
        .. Text("s"),
        0xC4,
        0x02,
        0x01,
        0x02,
        0xDF,
        0x00,
        0x00,
        0x00,
        0x0A,
        .. Text("trace_id"),
        0xCD,
        0x00,
        0x7B,
        .. Text("span_id"),
        0xCE,
        0x00,
        0x00,
        0x00,
        0x02,
        .. Text("parent_id"),
        0xFF,
        .. Text("service"),
        .. Text("db"),
        .. Text("name"),
        .. Text("query"),
        .. Text("resource"),
        .. Text("SELECT"),
        .. Text("type"),
        .. Text("db"),
        .. Text("start"),
        0xCF,
        .. Big(1700000000000000002),
        .. Text("duration"),
        0x01,
        .. Text("meta"),
        0xC0,
    ];

    /// <summary>The spans of both, without the upper half of the id among the tags.</summary>
    public static void AssertAgentSpans(List<Span> spans)
    {
        Assert.Equal(
            [
                "640cfd8d00000000 123 18446744073709551615 0 web http.request GET / web 1700000000000000001 5 True env=prod,error.message=boom,span.kind=server _sampling_priority_v1=2,n=0.5 s=AQI=",
                "640cfd8d00000000 123 2 18446744073709551615 db query SELECT db 1700000000000000002 1 False   ",
            ],
            spans.Select(Describe)
        );
    }

    public static string Describe(Span span) =>
        FormattableString.Invariant(
            $"{span.TraceIdHigh:x16} {span.TraceId} {span.SpanId} {span.ParentId} {span.Service} {span.Name} {span.Resource} {span.Type} {span.Start} {span.Duration} {span.Error} {Tags(span.Meta)} {Tags(span.Metrics)} {Tags(span.MetaStruct.ToDictionary(t => t.Key, t => Convert.ToBase64String(t.Value)))}"
        );

    public static byte[] Text(string text) =>
        text.Length < 32
            ? [(byte)(0xA0 | text.Length), .. Encoding.UTF8.GetBytes(text)]
            :
            [
                0xDB,
                .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(text.Length)),
                .. Encoding.UTF8.GetBytes(text),
            ];

    private static byte[] Tags(byte key, byte value) => [0x81, key, value];

    private static byte[] Metrics(byte key) => [0x81, key, 0xCA, 0x3F, 0, 0, 0];

    private static byte[] Big(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static string Tags<T>(Dictionary<string, T> tags) =>
        string.Join(
            ',',
            tags.OrderBy(tag => tag.Key, StringComparer.Ordinal)
                .Select(tag => FormattableString.Invariant($"{tag.Key}={tag.Value}"))
        );
}
