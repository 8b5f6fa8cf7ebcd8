using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

internal static class ConsoleRun
{
    public static async Task UntilStoppedAsync(Orchestrator orchestrator, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stopRequested = stop.Token;
        var registrations = new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP }
            .Select(signal => PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                stop.Cancel();
            })).ToArray();
        try
        {
            await orchestrator.StartAsync(stopRequested);
            Print(orchestrator.Current);
            await Task.Delay(Timeout.Infinite, stopRequested);
        }
        catch (OperationCanceledException) when (stopRequested.IsCancellationRequested)
        {
            Console.WriteLine("Stopping.");
        }

        await orchestrator.StopAsync();
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }
    }

    private static void Print(IReadOnlyList<ResourceEvent> resources)
    {
        Console.WriteLine();
        foreach (var resourceEvent in resources.Where(e => e.Resource is not ParameterResource and not ConnectionStringResource))
        {
            var endpoints = resourceEvent.Resource.Annotations.OfType<EndpointAnnotation>()
                .Select(e => new EndpointReference((IResourceWithEndpoints)resourceEvent.Resource, e.Name))
                .Select(e => e.EndpointName is "http" or "tcp" ? e.Url : $"{e.EndpointName} {e.Url}");
            Console.WriteLine($"  {resourceEvent.Resource.Name,-16} {resourceEvent.Snapshot.State?.Text,-14} {string.Join("  ", endpoints)}");
        }

        Console.WriteLine();
        Console.WriteLine("Ctrl+C stops it all.");
    }
}
