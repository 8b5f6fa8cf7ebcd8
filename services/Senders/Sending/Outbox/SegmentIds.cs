namespace Partner.Sending.Outbox;

/// <summary>Ids for segments, drawn from the database by the block. For one loop: it is not thread-safe.</summary>
internal sealed class SegmentIds(AppendStore store)
{
    // As the sequence counts (001_outbox.sql).
    private const int Block = 100_000;

    private long _next;
    private long _end;

    /// <summary>Makes sure of so many.</summary>
    public async Task ReserveAsync(int most, CancellationToken cancellationToken)
    {
        if (_end - _next < most)
        {
            _next = await store.NextIdBlockAsync(cancellationToken);
            _end = _next + Block;
        }
    }

    public long Next() => _next++;
}
