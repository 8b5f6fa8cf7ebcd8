namespace Partner.Sandbox.Traffic;

/// <summary>A number that can be waited for.</summary>
internal sealed class Level
{
    private readonly Lock _lock = new();
    private readonly List<(int AtLeast, TaskCompletionSource Reached)> _waiters = [];
    private int _value;

    public int Value => Volatile.Read(ref _value);

    public void Add(int delta)
    {
        lock (_lock)
        {
            _value += delta;
            _waiters.RemoveAll(w => _value >= w.AtLeast && w.Reached.TrySetResult());
        }
    }

    public void Clear() => Add(-Value);

    public Task ReachesAsync(int atLeast, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_value >= atLeast)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((atLeast, reached));
            return reached.Task.WaitAsync(cancellationToken);
        }
    }
}
