using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

internal static class Dependencies
{
    private static readonly string[] Ends = [.. KnownResourceStates.TerminalStates, KnownResourceStates.ValueMissing];

    /// <summary>Throws when what is waited for cannot come any more.</summary>
    public static async Task WaitAsync(WaitAnnotation wait, ResourceNotificationService notifications, CancellationToken cancellationToken)
    {
        var name = wait.Dependency.Name;
        if (wait.Kind == WaitKind.UntilHealthy)
        {
            await notifications.WaitForResourceHealthyAsync(name, cancellationToken);
            return;
        }

        var end = await notifications.WaitForResourceAsync(
            name, e => e.Snapshot.State is { } state && Ends.Contains(state.Text), cancellationToken);
        if (end.Snapshot.State!.Text is var text && (text == KnownResourceStates.FailedToStart || text == KnownResourceStates.ValueMissing))
        {
            throw new DistributedApplicationException($"'{name}' did not start.");
        }

        if (end.Snapshot.ExitCode != wait.ExitCode)
        {
            throw new DistributedApplicationException($"'{name}' ended with exit code {end.Snapshot.ExitCode}, not {wait.ExitCode}.");
        }
    }
}
