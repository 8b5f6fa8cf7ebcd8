using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

public class ResourceNotificationService
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<Channel<ResourceEvent>, bool> _watchers = new();

    internal ResourceNotificationService()
    {
    }

    /// <summary>The last event of each resource, then every further one.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_lock)
        {
            foreach (var resourceEvent in _current.Values)
            {
                channel.Writer.TryWrite(resourceEvent);
            }

            _watchers[channel] = true;
        }

        try
        {
            await foreach (var resourceEvent in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return resourceEvent;
            }
        }
        finally
        {
            _watchers.TryRemove(channel, out _);
        }
    }

    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var resourceEvent in WatchAsync(cancellationToken))
        {
            if (ResourceNames.Equal(resourceEvent.Resource.Name, resourceName) && predicate(resourceEvent))
            {
                return resourceEvent;
            }
        }

        throw new OperationCanceledException($"The wait for '{resourceName}' has ended without it.");
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = await WaitForResourceAsync(
            resourceName, e => e.Snapshot.State is { } state && states.Contains(state.Text), cancellationToken);
        return found.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
    {
        var found = await WaitForResourceAsync(
            resourceName,
            e => e.Snapshot.HealthStatus == HealthStatus.Healthy || IsUnavailable(e.Snapshot.State?.Text),
            cancellationToken);
        return found.Snapshot.HealthStatus == HealthStatus.Healthy
            ? found
            : throw new DistributedApplicationException(
                $"The resource '{resourceName}' will not become healthy: it is {found.Snapshot.State?.Text}.");
    }

    public bool TryGetCurrentState(string resourceId, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            resourceEvent = _current.Values.FirstOrDefault(e =>
                ResourceNames.Equal(e.ResourceId, resourceId) || ResourceNames.Equal(e.Resource.Name, resourceId));
            return resourceEvent is not null;
        }
    }

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            var previous = _current.GetValueOrDefault(resource.Name)
                ?? throw new InvalidOperationException($"'{resource.Name}' is no resource of this application.");
            Publish(new ResourceEvent(resource, previous.ResourceId, stateFactory(previous.Snapshot)));
        }

        return Task.CompletedTask;
    }

    internal void Begin(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
    {
        lock (_lock)
        {
            Publish(new ResourceEvent(resource, resourceId, snapshot));
        }
    }

    private static bool IsUnavailable(string? state) =>
        state is not null && (KnownResourceStates.TerminalStates.Contains(state) || state == KnownResourceStates.ValueMissing);

    // Under the lock, so that every watcher sees the events in one order.
    private void Publish(ResourceEvent resourceEvent)
    {
        _current[resourceEvent.Resource.Name] = resourceEvent;
        foreach (var watcher in _watchers.Keys)
        {
            watcher.Writer.TryWrite(resourceEvent);
        }
    }
}
