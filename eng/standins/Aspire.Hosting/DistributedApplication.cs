// Stands in for Aspire.Hosting 13.5 (what comes with the package Aspire.Hosting.AppHost) where that cannot be had: the
// members this solution uses, with the genuine names, signatures and meaning, and no others.
// It runs projects, executables, Redis and Postgres as processes of this machine. Left out: publishing, containers, the
// dashboard, proxies and so replicas, launch profiles, user secrets, TLS, events, interaction, every other integration.
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public class DistributedApplication : IDisposable, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly EntryPointHook? _hook;
    private bool _disposed;

    internal DistributedApplication(IHost host, EntryPointHook? hook)
    {
        (_host, _hook) = (host, hook);
    }

    public IServiceProvider Services => _host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    private Orchestrator Orchestrator => Services.GetRequiredService<Orchestrator>();

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new DistributedApplicationBuilder(args);

    public virtual Task StartAsync(CancellationToken cancellationToken = default) => Orchestrator.StartAsync(cancellationToken);

    public virtual Task StopAsync(CancellationToken cancellationToken = default) => Orchestrator.StopAsync();

    public void Run() => RunAsync().GetAwaiter().GetResult();

    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (_hook is not null)
        {
            // A test starts and stops the application; the entry point only waits for the end.
            await _hook.Ended.Task;
            return;
        }

        if (Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode)
        {
            await Console.Error.WriteLineAsync("Publishing needs the genuine Aspire packages: build with the full package feed.");
            Environment.ExitCode = 1;
            return;
        }

        await using (this)
        {
            await ConsoleRun.UntilStoppedAsync(Orchestrator, cancellationToken);
        }
    }

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await Orchestrator.StopAsync();
        _hook?.Ended.TrySetResult();
        _host.Dispose();
        GC.SuppressFinalize(this);
    }
}

public enum DistributedApplicationOperation
{
    Run = 0,
    Publish = 1,
}

public class DistributedApplicationExecutionContext
{
    public DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
    {
        Operation = operation;
    }

    public DistributedApplicationOperation Operation { get; }

    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;
}

public class DistributedApplicationException : Exception
{
    public DistributedApplicationException(string message)
        : base(message)
    {
    }
}

public interface IProjectMetadata : IResourceAnnotation
{
    string ProjectPath { get; }
}

public interface IResourceWithServiceDiscovery : IResourceWithEndpoints
{
}
