using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>One resource's process over its starts, ends and restarts.</summary>
internal sealed class ResourceRunner(
    IResource resource,
    LaunchAnnotation launch,
    ResourceNotificationService notifications,
    ResourceLogs logs,
    Watchdog watchdog,
    string dataRoot,
    CancellationToken stopping)
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly HealthMonitor _health = new(resource, notifications);
    private (ChildProcess Process, LaunchPlan Plan, Task Observed)? _run;

    public IResource Resource => resource;

    private bool IsRunning => _run is { } run && !run.Process.Exited.IsCompleted;

    /// <summary>Nothing, or why the resource could not be started.</summary>
    public async Task<string?> StartAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        await _turn.WaitAsync(either.Token);
        try
        {
            if (!IsRunning)
            {
                await StartCoreAsync(either.Token);
            }

            return null;
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            await PublishAsync(s => s with { State = KnownResourceStates.NotStarted });
            throw;
        }
        catch (Exception e)
        {
            // Whatever it is, it is this resource's failure and not the application's.
            logs.Write(resource.Name, $"Failed to start: {e.Message}");
            await PublishAsync(s => s with { State = KnownResourceStates.FailedToStart });
            return e.Message;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task StopAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            if (_run is { } run && !run.Process.Exited.IsCompleted)
            {
                await PublishAsync(s => s with { State = KnownResourceStates.Stopping });
                await run.Process.StopAsync(run.Plan.StopSignal, StopGrace);
                await run.Observed;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task StartCoreAsync(CancellationToken cancellationToken)
    {
        if (_run is { } previous)
        {
            await previous.Observed;
        }

        await PublishAsync(s => s with { State = KnownResourceStates.Waiting, ExitCode = null, HealthReports = [] });
        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
        {
            await Dependencies.WaitAsync(wait, notifications, cancellationToken);
        }

        await PublishAsync(s => s with { State = KnownResourceStates.Starting });
        var variables = await ResourceEnvironment.ResolveAsync(resource, DistributedApplicationOperation.Run, cancellationToken);
        var plan = await launch.PrepareAsync(new LaunchContext(Path.Combine(dataRoot, resource.Name), RunHelperAsync, cancellationToken));
        var process = await LaunchAsync(plan, ResourceEnvironment.WithInherited(variables), cancellationToken);
        await PublishAsync(s => s with
        {
            State = KnownResourceStates.Running,
            Properties = Properties(process, plan),
            HealthReports = _health.Unanswered,
        });
        _run = (process, plan, ObserveAsync(process));
    }

    private async Task<ChildProcess> LaunchAsync(LaunchPlan plan, Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var process = Spawn(plan, environment);
            if (plan.EarlyExitRetries == 0 || await _health.IsReadyAsync(process, ReadyLimit, cancellationToken))
            {
                return process;
            }

            await process.StopAsync(plan.StopSignal, StopGrace);
            watchdog.Remove(process.Id);
            cancellationToken.ThrowIfCancellationRequested();
            if (attempt == plan.EarlyExitRetries)
            {
                throw new DistributedApplicationException(
                    $"it ended with exit code {await process.Exited} before it was ready; see {logs.PathOf(resource.Name)}");
            }

            await Task.Delay(RetryDelay, cancellationToken);
        }
    }

    private ChildProcess Spawn(LaunchPlan plan, Dictionary<string, string> environment)
    {
        var process = ChildProcess.Start(plan, environment, line => logs.Write(resource.Name, line));
        watchdog.Add(process.Id, plan.StopSignal);
        return process;
    }

    private async Task<int> RunHelperAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        var process = Spawn(plan, ResourceEnvironment.WithInherited([]));
        await using (cancellationToken.Register(() => Signals.SendToGroup(process.Id, Signals.Kill)))
        {
            var exitCode = await process.Exited;
            watchdog.Remove(process.Id);
            return exitCode;
        }
    }

    private async Task ObserveAsync(ChildProcess process)
    {
        using var ended = new CancellationTokenSource();
        var monitoring = _health.MonitorAsync(ended.Token);
        var exitCode = await process.Exited;
        watchdog.Remove(process.Id);
        await ended.CancelAsync();
        await monitoring;
        logs.Write(resource.Name, $"Ended with exit code {exitCode}.");
        await PublishAsync(s => s with { State = launch.StateAfterExit, ExitCode = exitCode, HealthReports = [] });
    }

    private static ImmutableArray<ResourcePropertySnapshot> Properties(ChildProcess process, LaunchPlan plan) =>
    [
        new("executable.path", plan.Command),
        new("executable.workDir", plan.WorkingDirectory),
        new("executable.pid", process.Id),
    ];

    private Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        notifications.PublishUpdateAsync(resource, change);
}
