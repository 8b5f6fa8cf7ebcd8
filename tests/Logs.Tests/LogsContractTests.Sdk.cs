using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace Partner.Logs.Tests;

/// <summary>What a real client sends: OpenTelemetry's own SDK and exporter.</summary>
public sealed partial class LogsContractTests
{
    [Fact]
    public async Task WhatOpenTelemetrysSdkLogsArrives()
    {
        using var relay = new SdkRelay(this);
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        using (
            var factory = LoggerFactory.Create(logging =>
                logging.AddOpenTelemetry(options =>
                {
                    options.IncludeFormattedMessage = true;
                    options.IncludeScopes = true;
                    options.SetResourceBuilder(
                        ResourceBuilder.CreateEmpty().AddService("shop", autoGenerateServiceInstanceId: false)
                    );
                    options.AddOtlpExporter(exporter =>
                    {
                        exporter.Endpoint = new Uri("http://sender.test/v1/logs");
                        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                        exporter.ExportProcessorType = ExportProcessorType.Simple;
                        exporter.HttpClientFactory = () => new HttpClient(relay, disposeHandler: false);
                    });
                })
            )
        )
        {
            var logger = factory.CreateLogger("Shop.Orders");
            using (logger.BeginScope(new Dictionary<string, object> { ["basket"] = 7 }))
            {
                logger.LogError(
                    new EventId(42, "Late"),
                    new InvalidOperationException("why"),
                    "Order {Order} is late",
                    17L
                );
            }
        }

        var answer = Assert.Single(relay.Answers);
        Assert.Equal((202, 0), (answer.Status, answer.Body.Length));
        var log = JsonNode.Parse(Assert.Single(await Intake.WaitForAsync(1)).Body)!.AsArray().Single()!.AsObject();
        Assert.Equal(
            ("Order 17 is late", "Error", "17", "shop", "service:shop", "Shop.Orders"),
            (
                log["message"]!.GetValue<string>(),
                log["status"]!.GetValue<string>(),
                log["otel.severity_number"]!.GetValue<string>(),
                log["service"]!.GetValue<string>(),
                log["ddtags"]!.GetValue<string>(),
                log["otel.scope.name"]!.GetValue<string>()
            )
        );
        Assert.Equal((17, 7), (log["Order"]!.GetValue<long>(), log["basket"]!.GetValue<long>()));
        Assert.Equal(activity.TraceId.ToHexString(), log["otel.trace_id"]!.GetValue<string>());
        Assert.Equal(
            ulong.Parse(activity.SpanId.ToHexString(), System.Globalization.NumberStyles.HexNumber).ToString(),
            log["dd.span_id"]!.GetValue<string>()
        );
        Assert.Equal("why", log["exception.message"]!.GetValue<string>());
    }
}
