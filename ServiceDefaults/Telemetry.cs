using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Partner.ServiceDefaults;

/// <summary>
/// Traces, metrics and logs by OTLP, where OTEL_EXPORTER_OTLP_ENDPOINT says so. The sources are those that .NET and
/// Npgsql bring themselves, and ours, whose names begin with <see cref="Prefix"/>.
/// </summary>
public static class Telemetry
{
    /// <summary>The prefix of the names of our ActivitySources and Meters.</summary>
    public const string Prefix = "Partner.";

    internal static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.SetResourceBuilder(ResourceBuilder.CreateDefault().AddEnvironmentVariableDetector());
            logging.IncludeFormattedMessage = true;
            // A request's scope is its path, the client's text; the trace id says which request it was.
            logging.IncludeScopes = false;
            logging.AddOtlpExporter();
        });
        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddEnvironmentVariableDetector())
            .WithTracing(traces =>
                traces
                    .AddSource(
                        "Microsoft.AspNetCore",
                        "System.Net.Http",
                        DatabasePeer.Source,
                        "Yarp.ReverseProxy",
                        $"{Prefix}*"
                    )
                    .AddProcessor(new HousekeepingFilter())
                    .AddProcessor(new ClientText())
                    .AddProcessor(new DatabasePeer(builder.Configuration["OTEL_SERVICE_NAME"]))
                    .AddOtlpExporter()
            )
            .WithMetrics(metrics =>
                metrics
                    .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http")
                    .AddMeter("System.Runtime", "Npgsql", $"{Prefix}*")
                    .AddOtlpExporter()
            );
    }
}
