namespace Aspire.Hosting.ApplicationModel;

internal enum WaitKind
{
    UntilHealthy,
    UntilCompleted,
}

internal sealed record WaitAnnotation(IResource Dependency, WaitKind Kind, int ExitCode = 0) : IResourceAnnotation;

internal sealed record EnvironmentContext(Dictionary<string, object> Variables, DistributedApplicationExecutionContext ExecutionContext);

internal sealed record EnvironmentCallbackAnnotation(Action<EnvironmentContext> Callback) : IResourceAnnotation;

internal sealed record HealthAnnotation(string Key, Func<CancellationToken, Task<bool>> Check) : IResourceAnnotation;

/// <summary>The image tag that genuine Aspire would run.</summary>
internal sealed record ImageTagAnnotation(string Tag) : IResourceAnnotation;

/// <summary>How the resource becomes a process.</summary>
internal sealed record LaunchAnnotation(string ResourceType, Func<LaunchContext, Task<LaunchPlan>> PrepareAsync) : IResourceAnnotation
{
    /// <summary>The state after an exit: containers are Exited, processes Finished.</summary>
    public string StateAfterExit { get; init; } = KnownResourceStates.Finished;
}

/// <param name="DataDirectory">The resource's own folder, kept over restarts, removed at the end.</param>
/// <param name="RunAsync">Runs a helper to its end and gives its exit code; its output goes to the resource's log.</param>
internal sealed record LaunchContext(
    string DataDirectory, Func<LaunchPlan, CancellationToken, Task<int>> RunAsync, CancellationToken CancellationToken);

internal sealed record LaunchPlan(string Command, IReadOnlyList<string> Arguments, string WorkingDirectory)
{
    public int StopSignal { get; init; } = Runtime.Signals.Terminate;

    /// <summary>How often to start again a process that ends before its first healthy answer.</summary>
    public int EarlyExitRetries { get; init; }
}
