using System.Collections.Concurrent;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>The replicas of each resource, by the names that the orchestrator gives them.</summary>
internal sealed class Instances : IAsyncDisposable
{
    private readonly DistributedApplication _app;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, bool>> _names = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;

    public Instances(DistributedApplication app)
    {
        _app = app;
        _watching = WatchAsync();
    }

    public IReadOnlyList<string> Of(string resource) =>
        _names.TryGetValue(resource, out var names) ? [.. names.Keys] : [];

    /// <summary>Its id; null: it runs in a container, or not at all.</summary>
    public string? ProcessOf(string instance) => PropertyOf(instance, "executable.pid");

    /// <summary>Its id; null: it is a process, or does not run.</summary>
    public string? ContainerOf(string instance) => PropertyOf(instance, "container.id");

    public async Task StartAsync(string instance)
    {
        var result = await _app.ResourceCommands.ExecuteCommandAsync(instance, KnownResourceCommands.StartCommand);
        Assert.True(result.Success, result.Message);
    }

    public Task UntilEndedAsync(string instance) =>
        UntilAsync(instance, state => KnownResourceStates.TerminalStates.Contains(state.Snapshot.State?.Text));

    public Task UntilHealthyAsync(string instance) =>
        UntilAsync(
            instance,
            state =>
                state.Snapshot.State?.Text == KnownResourceStates.Running
                && state.Snapshot.HealthStatus == HealthStatus.Healthy
        );

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private Task UntilAsync(string instance, Func<ResourceEvent, bool> satisfied) =>
        Until.AnsweredAsync(() => StateOf(instance), state => state is not null && satisfied(state));

    private ResourceEvent? StateOf(string instance) =>
        _app.ResourceNotifications.TryGetCurrentState(instance, out var state) ? state : null;

    private string? PropertyOf(string instance, string name) =>
        StateOf(instance)?.Snapshot.Properties.FirstOrDefault(p => p.Name == name)?.Value?.ToString();

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var change in _app.ResourceNotifications.WatchAsync(_end.Token))
            {
                // Before a replica exists, its resource goes by its own name.
                if (change.ResourceId != change.Resource.Name)
                {
                    _names.GetOrAdd(change.Resource.Name, _ => new())[change.ResourceId] = true;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is over, or the application is stopping.
        }
    }
}
