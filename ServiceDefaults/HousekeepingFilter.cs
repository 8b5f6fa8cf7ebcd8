using System.Diagnostics;
using OpenTelemetry;

namespace Partner.ServiceDefaults;

/// <summary>
/// Keeps what goes on all the time by itself out of the traces: probes of health, and database statements that belong
/// to no request and no delivery. Hundreds of them a minute would bury the rest. Stands before the exporter, which
/// passes over spans without the flag.
/// </summary>
internal sealed class HousekeepingFilter : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (IsRoot(data) && (IsStatement(data) || IsProbe(data)))
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }

    private static bool IsRoot(Activity span) => span.ParentSpanId == default;

    private static bool IsStatement(Activity span) => span.Source.Name == DatabasePeer.Source;

    private static bool IsProbe(Activity span) =>
        span.Kind == ActivityKind.Server
        && span.GetTagItem("url.path") is ManagementPort.HealthPath or ManagementPort.AlivePath;
}
