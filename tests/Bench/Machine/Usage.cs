namespace Partner.Bench.Machine;

/// <summary>CPU time and peak memory of each resource, sampled, so that what a killed process used is not forgotten.</summary>
internal sealed class Usage : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SystemProcesses _processes;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Resource, int Id, long StartedAt), TimeSpan> _cpu = [];
    private readonly Dictionary<string, long> _peaks = [];

    // Each with its parent.
    private readonly Dictionary<(string Resource, int Id, long StartedAt), int> _children = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sampling;

    public Usage(SystemProcesses processes)
    {
        _processes = processes;
        _sampling = Task.Run(SampleAsync);
    }

    /// <summary>CPU time so far, by resource.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Cpu()
    {
        Sample();
        lock (_lock)
        {
            return _cpu.GroupBy(c => c.Key.Resource)
                .ToDictionary(g => g.Key, g => new TimeSpan(g.Sum(c => c.Value.Ticks)));
        }
    }

    /// <summary>The highest sample of each resource's resident memory in MiB; what processes share counts once.</summary>
    public IReadOnlyDictionary<string, double> PeakMemory()
    {
        lock (_lock)
        {
            return _peaks.OrderBy(p => p.Key).ToDictionary(p => p.Key, p => Math.Round(p.Value / 1024.0 / 1024, 1));
        }
    }

    /// <summary>Resident memory now, in MiB.</summary>
    public IReadOnlyDictionary<string, double> Memory() =>
        _processes
            .All()
            .GroupBy(p => p.Resource)
            .OrderBy(g => g.Key)
            .ToDictionary(g => g.Key, g => Math.Round(Resident(g.Select(p => p.Process.Id)) / 1024.0 / 1024, 1));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sampling;
        _stop.Dispose();
    }

    private async Task SampleAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Sample();
            await Task.Delay(Interval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Sample()
    {
        var all = _processes.All().ToList();
        lock (_lock)
        {
            foreach (var (resource, process) in all)
            {
                // What the AppHost has waited for are resources, which have been counted.
                _cpu[(resource, process.Id, process.StartedAt)] =
                    process.OwnCpu + (resource is SystemProcesses.AppHost ? TimeSpan.Zero : process.EndedCpu);
            }

            Forget(all);
            foreach (var group in all.GroupBy(p => p.Resource))
            {
                _peaks[group.Key] = Math.Max(
                    _peaks.GetValueOrDefault(group.Key),
                    Resident(group.Select(p => p.Process.Id))
                );
            }
        }
    }

    // A child's time moves to its parent when it ends (Postgres has one per connection): its own must not stay counted.
    private void Forget(List<(string Resource, Proc Process)> all)
    {
        var live = all.Select(p => (p.Process.Id, p.Process.StartedAt)).ToHashSet();
        var parents = all.Select(p => p.Process.Id).ToHashSet();
        foreach (
            var child in _children
                .Where(c => !live.Contains((c.Key.Id, c.Key.StartedAt)) && parents.Contains(c.Value))
                .ToList()
        )
        {
            _cpu.Remove(child.Key);
            _children.Remove(child.Key);
        }

        foreach (var (resource, process) in all.Where(p => p.Resource is "postgres"))
        {
            _children[(resource, process.Id, process.StartedAt)] = process.Parent;
        }
    }

    private static long Resident(IEnumerable<int> ids)
    {
        var memory = ids.Select(ProcFs.Memory).ToList();
        return memory.Sum(m => m.GetValueOrDefault("RssAnon"))
            + memory
                .Select(m => m.GetValueOrDefault("RssFile") + m.GetValueOrDefault("RssShmem"))
                .DefaultIfEmpty(0)
                .Max();
    }
}
