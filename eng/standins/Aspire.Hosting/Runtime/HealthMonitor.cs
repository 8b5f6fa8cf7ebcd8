using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Runtime;

internal sealed class HealthMonitor(IResource resource, ResourceNotificationService notifications)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DelayWhenHealthy = TimeSpan.FromSeconds(3);

    private HealthAnnotation[] Checks => [.. resource.Annotations.OfType<HealthAnnotation>()];

    public ImmutableArray<HealthReportSnapshot> Unanswered => [.. Checks.Select(c => new HealthReportSnapshot(c.Key, null, null, null))];

    /// <summary>Whether the first healthy answer comes before the process ends.</summary>
    public async Task<bool> IsReadyAsync(ChildProcess process, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(limit);
        try
        {
            while (!process.Exited.IsCompleted)
            {
                if ((await CheckAllAsync(limited.Token)).All(r => r.Status == HealthStatus.Healthy))
                {
                    return true;
                }

                await Task.WhenAny(process.Exited, Task.Delay(FirstDelay, limited.Token));
                limited.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (limited.IsCancellationRequested)
        {
            // Not ready in time, or not wanted any more.
        }

        return false;
    }

    /// <summary>Publishes the checks' answers while the process lives.</summary>
    public async Task MonitorAsync(CancellationToken ended)
    {
        var checks = Checks.Length;
        var delay = FirstDelay;
        try
        {
            while (checks > 0)
            {
                var reports = await CheckAllAsync(ended);
                await notifications.PublishUpdateAsync(resource, s => SameAnswers(s.HealthReports, reports) ? s : s with { HealthReports = reports });
                var healthy = reports.All(r => r.Status == HealthStatus.Healthy);
                await Task.Delay(healthy ? DelayWhenHealthy : delay, ended);
                delay = healthy ? FirstDelay : TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The process has ended.
        }
    }

    private async Task<ImmutableArray<HealthReportSnapshot>> CheckAllAsync(CancellationToken cancellationToken)
    {
        var reports = await Task.WhenAll(Checks.Select(async c =>
            new HealthReportSnapshot(c.Key, await c.Check(cancellationToken) ? HealthStatus.Healthy : HealthStatus.Unhealthy, null, null)));
        cancellationToken.ThrowIfCancellationRequested();
        return [.. reports];
    }

    private static bool SameAnswers(ImmutableArray<HealthReportSnapshot> left, ImmutableArray<HealthReportSnapshot> right) => left.SequenceEqual(right);
}
