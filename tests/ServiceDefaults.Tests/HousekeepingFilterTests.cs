using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Partner.ServiceDefaults.Tests;

public sealed class HousekeepingFilterTests
{
    private readonly List<string> _exported = [];

    [Fact]
    public void ProbesAndStatementsOfNobodyAreLeftOut()
    {
        using var web = new ActivitySource($"{nameof(HousekeepingFilterTests)}.Web");
        using var database = new ActivitySource("Npgsql");
        using (
            var provider = Sdk.CreateTracerProviderBuilder()
                .AddSource(web.Name, database.Name)
                .AddProcessor(new HousekeepingFilter())
                .AddProcessor(new SimpleActivityExportProcessor(new Names(_exported)))
                .Build()
        )
        {
            Assert.NotNull(provider);
            Request(web, "/health")?.Dispose();
            Request(web, "/alive")?.Dispose();
            database.StartActivity("alone", ActivityKind.Client)?.Dispose();
            using var request = Request(web, "/api/v2/logs");
            database.StartActivity("of a request", ActivityKind.Client)?.Dispose();
        }

        Assert.Equal(["of a request", "/api/v2/logs"], _exported);
    }

    private static Activity? Request(ActivitySource web, string path) =>
        web.StartActivity(path, ActivityKind.Server)?.SetTag("url.path", path);

    private sealed class Names(List<string> names) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch)
            {
                names.Add(span.DisplayName);
            }

            return ExportResult.Success;
        }
    }
}
