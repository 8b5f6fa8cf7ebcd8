using System.Text;
using System.Text.Json.Nodes;
using Partner.Sending;
using static Partner.Logs.Tests.OtlpSamples;

namespace Partner.Logs.Tests;

/// <summary>What becomes of a log record, as Datadog's own mapping has it (datadog-facts 3.9 b).</summary>
public class OtlpLogsTests
{
    private static string Full(string more = "") =>
        Of(
            $$"""{"attributes":{{Attributes(
                ("service.name", Text("shop")),
                ("service.version", Text("1.2")),
                ("deployment.environment.name", Text("prod")),
                ("host.name", Text("h1")),
                ("k8s.pod.name", Text("pod-1")),
                ("service", Text("mine")),
                ("team", Text("a,b"))
            )}}}""",
            $$"""{"name":"Shop.Orders","version":"3","attributes":{{Attributes(("scoped", """{"boolValue":true}"""))}}}""",
            $$"""{"timeUnixNano":"{{Nano(Now)}}","severityNumber":17,"severityText":"Error","body":{{Text("hello")}},"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","eventName":"order.failed","attributes":{{Attributes(
                ("n", """{"intValue":"9007199254740993"}"""),
                ("d", """{"doubleValue":1.5}"""),
                ("list", """{"arrayValue":{"values":[{"intValue":1},{"stringValue":"x"}]}}"""),
                ("http", """{"kvlistValue":{"values":[{"key":"status","value":{"kvlistValue":{"values":[{"key":"code","value":{"intValue":200}}]}}}]}}""")
            )}}{{more}}}"""
        );

    private const string Mapped = """
        {"message":"hello","status":"Error","ddsource":"otlp_log_ingestion",
        "ddtags":"service:shop,version:1.2,env:prod,pod_name:pod-1,service:mine","hostname":"h1","service":"shop",
        "timestamp":1796040000000,"@timestamp":"2026-11-30T12:00:00.000Z","otel.timestamp":"1796040000000000000",
        "dd.trace_id":"15161849952847513100","otel.trace_id":"5b8efff798038103d269b633813fc60c",
        "dd.span_id":"17213210219539181940","otel.span_id":"eee19b7ec3c1b174",
        "otel.severity_text":"Error","otel.severity_number":"17","otel.event_name":"order.failed",
        "otel.scope.name":"Shop.Orders","otel.scope.version":"3",
        "service.name":"shop","service.version":"1.2","deployment.environment.name":"prod","host.name":"h1",
        "k8s.pod.name":"pod-1","otel.service":"mine","team":"a,b","scoped":true,
        "n":9007199254740993,"d":1.5,"list":[1,"x"],"http.status.code":200}
        """;

    [Fact]
    public void ARecordBecomesALogByDatadogsMappingInJsonAndInProtobuf()
    {
        foreach (var parsed in new[] { Parse(Full()), Parse(ToProtobuf(Full()), Protobuf) })
        {
            Assert.Equal(JsonNode.Parse(Mapped)!.ToJsonString(), LogOf(parsed).ToJsonString());
            Assert.Equal(1796040000000, parsed.Items[0].At);
        }
    }

    // By hand, so that what reads it is not checked against itself: resource_logs, scope_logs, a LogRecord with
    // time_unix_nano, severity_number, body, trace_id, and a field that nobody knows yet.
    [Fact]
    public void ProtobufIsReadByItsPublishedNumbers()
    {
        byte[] record =
        [
            0x09,
            .. BitConverter.GetBytes(1_796_040_000_000_000_000),
            0x10,
            9,
            0x2A,
            4,
            0x0A,
            2,
            (byte)'h',
            (byte)'i',
            0x4A,
            16,
            .. Enumerable.Repeat((byte)0, 15),
            7,
            0x7A,
            1,
            0,
        ];
        byte[] scope = [0x12, (byte)record.Length, .. record];
        byte[] resource = [0x12, (byte)scope.Length, .. scope];
        var log = LogOf(Parse([0x0A, (byte)resource.Length, .. resource], Protobuf));
        Assert.Equal(
            """{"message":"hi","status":"info","ddsource":"otlp_log_ingestion","timestamp":1796040000000,"@timestamp":"2026-11-30T12:00:00.000Z","otel.timestamp":"1796040000000000000","dd.trace_id":"7","otel.trace_id":"00000000000000000000000000000007","otel.severity_number":"9"}""",
            log.ToJsonString()
        );
    }

    [Theory]
    [InlineData("""{"body":{"intValue":"7"}}""", "7")]
    [InlineData("""{"body":{"boolValue":false}}""", "false")]
    [InlineData("""{"body":{"doubleValue":"NaN"}}""", "NaN")]
    [InlineData("""{"body":{"arrayValue":{"values":[{"intValue":1},{"stringValue":"x"}]}}}""", """[1,"x"]""")]
    [InlineData("""{"body":{"bytesValue":"AQI="}}""", "AQI=")]
    [InlineData("{}", "")]
    [InlineData("""{"body":{"stringValue":"b"},"attributes":[{"key":"Msg","value":{"stringValue":"a"}}]}""", "a")]
    public void TheMessageIsTheBodyAsTextOrTheAttributeThatIsOne(string record, string message) =>
        Assert.Equal(message, LogOf(Parse(Request(record)))["message"]!.GetValue<string>());

    [Fact]
    public void ABodyThatIsAMapIsTheMessageAndItsEntriesAreAttributesBehindTheRecordsOwn()
    {
        var log = LogOf(
            Parse(
                Request(
                    """{"body":{"kvlistValue":{"values":[{"key":"user","value":{"intValue":"1"}},{"key":"a","value":{"intValue":"2"}},{"key":"status","value":{"stringValue":"no"}}]}},"attributes":[{"key":"a","value":{"intValue":"3"}}]}"""
                )
            )
        );
        Assert.Equal(
            """{"message":"{\u0022user\u0022:1,\u0022a\u0022:2,\u0022status\u0022:\u0022no\u0022}","ddsource":"otlp_log_ingestion","a":3,"user":1}""",
            log.ToJsonString()
        );
    }

    [Theory]
    [InlineData("\"severityNumber\":1", "trace")]
    [InlineData("\"severityNumber\":8", "debug")]
    [InlineData("\"severityNumber\":\"SEVERITY_NUMBER_WARN2\"", "warn")]
    [InlineData("\"severityNumber\":20", "error")]
    [InlineData("\"severityNumber\":24", "fatal")]
    [InlineData("\"severityNumber\":99", "error")]
    [InlineData("\"severityNumber\":9,\"severityText\":\"Notice\"", "Notice")]
    [InlineData(
        "\"severityText\":\"x\",\"attributes\":[{\"key\":\"level\",\"value\":{\"stringValue\":\"warning\"}}]",
        "warning"
    )]
    [InlineData("\"severityNumber\":0", null)]
    public void TheStatusIsTheAttributesTheTextsOrTheNumbers(string fields, string? status) =>
        Assert.Equal(status, LogOf(Parse(Request($"{{{fields}}}")))["status"]?.GetValue<string>());

    [Theory]
    [InlineData("host.name=h", "h")]
    [InlineData("host.name=h host.id=i", "i")]
    [InlineData("host.name=h datadog.host.name=d", "d")]
    [InlineData("host.name=h cloud.provider=aws", null)]
    [InlineData("host.name=h host.id=i cloud.provider=aws", "i")]
    [InlineData("host.name=vm.c.proj.internal cloud.account.id=p cloud.provider=gcp", "vm.p")]
    [InlineData("host.name=h k8s.node.name=n k8s.cluster.name=c", "n-c")]
    [InlineData("host.name=h aws.ecs.launchtype=fargate", null)]
    [InlineData("host.name=localhost", null)]
    public void TheHostIsFoundInTheOrderThatDatadogPublishes(string attributes, string? host)
    {
        var pairs = attributes.Split(' ').Select(pair => pair.Split('=')).Select(p => (p[0], Text(p[1])));
        var log = LogOf(Parse(Of($$"""{"attributes":{{Attributes([.. pairs])}}}""", "{}", "{}")));
        Assert.Equal(host, log["hostname"]?.GetValue<string>());
    }

    [Fact]
    public void TheTimeIsTheObservedOneWhereThereIsNoOtherAndElseAnAttributes()
    {
        Assert.Equal(
            [1796040000000, 1796039999000, 1796039998000, 0],
            Parse(
                Request(
                    $$"""{"timeUnixNano":"{{Nano(Now)}}","observedTimeUnixNano":"1"}""",
                    $$"""{"observedTimeUnixNano":{{Nano(Now.AddSeconds(-1))}}}""",
                    """{"attributes":[{"key":"date","value":{"intValue":"1796039998000"}}]}""",
                    "{}"
                )
            )
                .Items.Select(item => item.At)
        );
    }

    [Fact]
    public void WhatIsRefusedIsSaidAndTakesNoGoodOneWithIt()
    {
        var old = $$"""{"timeUnixNano":"{{Nano(Now.AddHours(-18))}}","body":{{Text("old")}}}""";
        var parsed = Parse(Request("7", "{}", old, "null"));
        Assert.Single(parsed.Items);
        Assert.Equal(
            [(DeadLetterReason.Expired, 0), (DeadLetterReason.Malformed, 400), (DeadLetterReason.Malformed, 400)],
            parsed.Dead.Select(letter => (letter.Reason, letter.Status))
        );
        Assert.Equal(["7", "null"], parsed.Dead.Skip(1).Select(letter => Encoding.UTF8.GetString(letter.Bytes)));
        Assert.Equal(
            """{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"Not taken: 1 expired (Older than Datadog takes: its time is 2026-11-29T18:00:00.0000000\u002B00:00.), 2 malformed (A log record is a JSON object.)"}}""",
            parsed.Answer
        );
    }

    [Fact]
    public void ARecordOrAResourceThatCannotBeReadIsALetterWithItsBytesAndTheOthersGoOn()
    {
        var good = ToProtobuf(Request("{}"));
        // A record whose time is text; a ResourceLogs whose resource is a number.
        byte[] bad = [0x0A, 8, 0x12, 6, 0x12, 4, 0x0A, 2, 1, 2, 0x0A, 2, 0x08, 1];
        var parsed = Parse([.. bad, .. good], Protobuf);
        Assert.Single(parsed.Items);
        Assert.Equal(
            [
                """malformed {"ddsource":"otlp_log_ingestion","otel.unread":"CgIBAg=="}""",
                """malformed {"ddsource":"otlp_log_ingestion","otel.unread":"CAE="}""",
            ],
            parsed.Dead.Select(letter =>
                $"{letter.Reason.ToString().ToLowerInvariant()} {Encoding.UTF8.GetString(letter.Bytes)}"
            )
        );
        // partial_success { rejected_log_records: 2, error_message: … }
        var answer = Encoding.Latin1.GetBytes(parsed.Answer!);
        Assert.Equal([0x0A, (byte)(answer.Length - 2), 0x08, 2, 0x12], answer[..5]);
        Assert.EndsWith(
            "Not taken: 2 malformed (A log record cannot be read as OTLP.)",
            parsed.Answer,
            StringComparison.Ordinal
        );
        Assert.Equal(Protobuf, parsed.AnswerType);
    }

    [Fact]
    public void IdsOfAnotherLengthAreLeftOutAndCountedAndTheLogGoesOn()
    {
        var parsed = Parse(Request("""{"traceId":"abcd","spanId":"0000000000000000","flags":"many"}"""));
        Assert.Equal("""{"message":"","ddsource":"otlp_log_ingestion"}""", LogOf(parsed).ToJsonString());
        Assert.Equal(2, parsed.LeftOut);
    }

    [Fact]
    public void ALargeResourceOfManyRecordsIsMadeNoFurtherThanCanBeCommitted()
    {
        var memory = new MemoryCharge();
        var body = Of(
            $$"""{"attributes":{{Attributes(("a", Text(new string('x', 100_000))))}}}""",
            "{}",
            [.. Enumerable.Repeat("{}", 10_000)]
        );
        var parsed = LogsParser.Parse(
            new IntakeBody(
                Encoding.UTF8.GetBytes(body),
                Json,
                Microsoft.AspNetCore.Http.QueryCollection.Empty,
                new(OtlpSamples.Path, 202, Contracts.DatadogErrorShape.Texts)
            )
            {
                Now = Now,
                Memory = memory,
                MaxItemBytes = 1_000_000,
            }
        );
        Assert.Equal(
            (413, "As JSON the logs have more than 1000000 bytes."),
            (parsed.Refusal!.Status, parsed.Refusal.Detail)
        );
        Assert.InRange(memory.Peak, 1_000_000, 6_000_000);
    }
}
