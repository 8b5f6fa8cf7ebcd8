using System.Security.Cryptography;
using static Partner.Demo.Requests;

namespace Partner.Demo.Types;

/// <summary>OTLP in both encodings, and the Agent's v0.4 (datadog-facts 3.6).</summary>
internal static class Traces
{
    private const int DurationNs = 1_500_000;

    public static readonly IReadOnlyList<Client> Clients =
    [
        new("otlp_json", OtlpJson),
        new("otlp_protobuf", OtlpProtobuf),
        new("tracer", Tracer),
    ];

    private static HttpRequestMessage OtlpJson(Call call)
    {
        var spans = call.Markers.Select(name =>
            OneLine(
                $$"""
                {"traceId":"{{RandomNumberGenerator.GetHexString(32, true)}}",
                 "spanId":"{{RandomNumberGenerator.GetHexString(16, true)}}","name":"{{name}}",
                 "kind":2,"startTimeUnixNano":"{{call.Nanoseconds}}",
                 "endTimeUnixNano":"{{call.Nanoseconds + DurationNs}}","status":{} }
                """
            )
        );
        var body = $$"""
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"demo"} }]},
             "scopeSpans":[{"scope":{"name":"demo"},"spans":{{Array(spans)}}}]}]}
            """;
        return Post(call.Gateway, "v1/traces", "dd-api-key", call.Key, Bytes(body), "application/json", null);
    }

    /// <summary>Field numbers of opentelemetry-proto's ExportTraceServiceRequest.</summary>
    private static HttpRequestMessage OtlpProtobuf(Call call)
    {
        var service = Proto.Message(
            1,
            Proto.Message(1, Proto.Text(1, "service.name"), Proto.Message(2, Proto.Text(1, "demo")))
        );
        var spans = call.Markers.SelectMany(name =>
            Proto.Message(
                2,
                Proto.Bytes(1, RandomNumberGenerator.GetBytes(16)),
                Proto.Bytes(2, RandomNumberGenerator.GetBytes(8)),
                Proto.Text(5, name),
                Proto.Varint(6, 2),
                Proto.Fixed64(7, (ulong)call.Nanoseconds),
                Proto.Fixed64(8, (ulong)(call.Nanoseconds + DurationNs))
            )
        );
        var request = Proto.Message(1, service, Proto.Message(2, [.. spans]));
        return Post(call.Gateway, "v1/traces", "dd-api-key", call.Key, Gzip(request), "application/x-protobuf", "gzip");
    }

    /// <summary>A tracer as it talks to the Agent: a trace is an array of spans.</summary>
    private static HttpRequestMessage Tracer(Call call)
    {
        var traces = call.Markers.Select(name =>
            OneLine(
                $$"""
                [{"trace_id":{{RandomNumberGenerator.GetInt32(1, int.MaxValue)}},
                  "span_id":{{RandomNumberGenerator.GetInt32(1, int.MaxValue)}},"parent_id":0,
                  "name":"{{name}}","resource":"{{name}}","service":"demo","type":"web",
                  "start":{{call.Nanoseconds}},"duration":{{DurationNs}},
                  "error":0,"meta":{"env":"demo"},"metrics":{"_sampling_priority_v1":1} }]
                """
            )
        );
        var request = Post(
            call.Gateway,
            "v0.4/traces",
            "DD-API-KEY",
            call.Key,
            Bytes(Array(traces)),
            "application/json",
            null
        );
        request.Method = HttpMethod.Put;
        request.Headers.Add("X-Datadog-Trace-Count", $"{call.Markers.Count}");
        return request;
    }
}
