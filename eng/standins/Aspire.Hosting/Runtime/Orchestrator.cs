using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>Starts every resource as its dependencies allow, and stops them in the opposite order.</summary>
internal sealed class Orchestrator(
    DistributedApplicationModel model, ResourceNotificationService notifications, bool isTest)
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ResourceLogs _logs = new(echo: !isTest, TimeProvider.System);
    private readonly List<ResourceRunner> _runners = [];
    private Watchdog? _watchdog;
    private Task? _starts;
    private Task? _stop;

    public bool HasStarted => _starts is not null;

    public IReadOnlyList<ResourceEvent> Current =>
        [.. model.Resources.Select(r => notifications.TryGetCurrentState(r.Name, out var e) ? e : null).OfType<ResourceEvent>()];

    public ResourceRunner? FindRunner(string resourceId) => _runners.Find(r =>
        ResourceNames.Equal(r.Resource.Name, resourceId) || ResourceNames.Equal(InstanceName.Of(r.Resource), resourceId));

    /// <summary>Ends when every resource runs, has failed, or is done; a failed one does not fail the whole.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        return _starts ??= StartAllAsync(cancellationToken);
    }

    public Task StopAsync() => _stop ??= StopAllAsync();

    private async Task StartAllAsync(CancellationToken cancellationToken)
    {
        var dataDirectory = Directory.CreateTempSubdirectory("apphost-").FullName;
        _watchdog = new Watchdog(dataDirectory);
        if (!OperatingSystem.IsWindows())
        {
            // The folder of a server that runs as a user of its own must be reachable to that user.
            File.SetUnixFileMode(dataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        foreach (var resource in model.Resources)
        {
            Begin(resource, dataDirectory);
        }

        foreach (var endpoint in model.Resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>()))
        {
            endpoint.Allocated.TrySetResult(Ports.Allocate(endpoint, isTest));
        }

        await Task.WhenAll(_runners.Select(r => r.StartAsync(cancellationToken)));
    }

    private void Begin(IResource resource, string dataDirectory)
    {
        if (resource.Annotations.OfType<LaunchAnnotation>().LastOrDefault() is { } launch)
        {
            notifications.Begin(resource, InstanceName.Of(resource), new CustomResourceSnapshot
            {
                ResourceType = launch.ResourceType,
                State = KnownResourceStates.NotStarted,
                Properties = [],
            });
            _runners.Add(new ResourceRunner(resource, launch, notifications, _logs, _watchdog!, dataDirectory, _stopping.Token));
            return;
        }

        notifications.Begin(resource, resource.Name, new CustomResourceSnapshot
        {
            ResourceType = resource is ParameterResource { IsConnectionString: false } ? "Parameter" : "ConnectionString",
            State = resource is ParameterResource { IsMissing: true } ? KnownResourceStates.ValueMissing : KnownResourceStates.Running,
            Properties = [],
        });
    }

    private async Task StopAllAsync()
    {
        await _stopping.CancelAsync();
        if (_starts is not null)
        {
            await _starts.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var group in _runners.GroupBy(r => Height(r.Resource, [])).OrderByDescending(g => g.Key).ToArray())
        {
            await Task.WhenAll(group.Select(r => r.StopAsync()));
        }

        if (_watchdog is not null)
        {
            await _watchdog.DisposeAsync();
        }

        _logs.Dispose();
    }

    // The longest chain of waits below the resource.
    private static int Height(IResource resource, HashSet<IResource> above) =>
        above.Add(resource)
            ? 1 + resource.Annotations.OfType<WaitAnnotation>().Select(w => Height(w.Dependency, [.. above])).DefaultIfEmpty(0).Max()
            : throw new DistributedApplicationException($"'{resource.Name}' waits for itself.");
}
