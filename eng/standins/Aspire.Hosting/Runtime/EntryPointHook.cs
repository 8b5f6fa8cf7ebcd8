using System.Reflection;

namespace Aspire.Hosting.Runtime;

/// <summary>
/// Lets a test hold an AppHost's entry point at <c>Build</c>, change the model, and own the application afterwards.
/// It belongs to the thread that runs the entry point, so two applications can be made side by side.
/// </summary>
internal sealed class EntryPointHook(Assembly assembly)
{
    private static readonly AsyncLocal<EntryPointHook?> OfThisThread = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _building = NewSource<DistributedApplicationBuilder>();
    private readonly TaskCompletionSource<bool> _mayBuild = NewSource<bool>();
    private readonly TaskCompletionSource<DistributedApplication> _built = NewSource<DistributedApplication>();

    public static EntryPointHook? Current => OfThisThread.Value;

    public Assembly Assembly { get; } = assembly;

    public Task<DistributedApplicationBuilder> Building => _building.Task;

    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Run(Action entryPoint)
    {
        OfThisThread.Value = this;
        try
        {
            entryPoint();
            Fail(new InvalidOperationException("The entry point has ended without building an application."));
        }
        catch (TargetInvocationException e)
        {
            Fail(e.InnerException ?? e);
        }
    }

    public void OnBuilding(DistributedApplicationBuilder builder)
    {
        _building.TrySetResult(builder);
        if (!_mayBuild.Task.GetAwaiter().GetResult())
        {
            throw new OperationCanceledException("The application was given up before it was built.");
        }
    }

    public void OnBuilt(DistributedApplication application) => _built.TrySetResult(application);

    public Task<DistributedApplication> BuildAsync()
    {
        _mayBuild.TrySetResult(true);
        return _built.Task;
    }

    public void GiveUp()
    {
        _mayBuild.TrySetResult(false);
        Ended.TrySetResult();
    }

    private void Fail(Exception exception)
    {
        _building.TrySetException(exception);
        _built.TrySetException(exception);
        _ = _building.Task.Exception;
        _ = _built.Task.Exception;
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
