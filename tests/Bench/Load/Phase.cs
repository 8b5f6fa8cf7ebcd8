namespace Partner.Bench.Load;

/// <summary>A stretch of load whose latencies are kept apart. Both are counted from when a request was to be sent.</summary>
internal sealed class Phase(string name)
{
    private long _acked;
    private long _refused;
    private long _unknown;
    private long _bytes;

    public string Name => name;

    public Histogram Accept { get; } = new();

    public Histogram Delivery { get; } = new();

    public long Acked => Volatile.Read(ref _acked);

    public long Refused => Volatile.Read(ref _refused);

    public long Unknown => Volatile.Read(ref _unknown);

    public long Bytes => Volatile.Read(ref _bytes);

    public void AddAcked(int items, long bytes)
    {
        Interlocked.Add(ref _acked, items);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void AddRefused(int items) => Interlocked.Add(ref _refused, items);

    public void AddUnknown(int items) => Interlocked.Add(ref _unknown, items);
}
