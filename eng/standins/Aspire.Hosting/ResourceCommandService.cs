using Aspire.Hosting.Runtime;

namespace Aspire.Hosting.ApplicationModel;

public class ResourceCommandService
{
    private readonly Orchestrator _orchestrator;

    internal ResourceCommandService(Orchestrator orchestrator)
    {
        _orchestrator = orchestrator;
    }

    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteCommandAsync(resource.Name, commandName, cancellationToken);

    public async Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        if (_orchestrator.FindRunner(resourceId) is not { } runner)
        {
            return Failure($"There is no process of a resource '{resourceId}'.");
        }

        try
        {
            // The genuine API takes the older names, resource-start and so on, as well.
            switch (commandName.Replace("resource-", "", StringComparison.Ordinal))
            {
                case "start":
                    return Outcome(await runner.StartAsync(cancellationToken));
                case "stop":
                    await runner.StopAsync();
                    return Outcome(null);
                case "restart":
                    await runner.StopAsync();
                    return Outcome(await runner.StartAsync(cancellationToken));
                default:
                    return Failure($"The stand-in has no command '{commandName}'.");
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Failure("Canceled.");
        }
    }

    private static ExecuteCommandResult Outcome(string? failure) => new() { Success = failure is null, Message = failure };

    private static ExecuteCommandResult Failure(string message) => new() { Success = false, Message = message };
}
