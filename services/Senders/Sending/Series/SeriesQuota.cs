using Microsoft.Extensions.Options;
using Npgsql;

namespace Partner.Sending.Series;

/// <summary>
/// What the last points of a connection, and of all, take, against what they may: what the database held at the last
/// look, and what this instance has added since. Of other instances' doings it misses at most those between two looks.
/// </summary>
internal sealed class SeriesQuota(NpgsqlDataSource database, TimeProvider time, IOptions<SeriesOptions> options)
{
    private const int MaxConnections = 10_000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly BoundedCache<ConnectionId, Usage> _usages = new(MaxConnections, time);
    private readonly BoundedCache<bool, Usage> _all = new(1, time);

    /// <summary>Bytes that new points of the connection may take; never below 0.</summary>
    public async Task<long> RoomAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        var usage = await LookAsync(
            _usages,
            connection,
            database.Command(
                $"""
                SELECT coalesce(sum({SeriesPoint.RowBytes} + octet_length(point)), 0)::bigint
                FROM series_points WHERE connection = $1
                """,
                connection.Text
            ),
            cancellationToken
        );
        // A sum over all would read each row.
        var all = await LookAsync(
            _all,
            true,
            database.Command("SELECT pg_total_relation_size('series_points')"),
            cancellationToken
        );
        return Math.Max(
            0,
            Math.Min(options.Value.MaxConnectionBytes - usage.Bytes, options.Value.MaxBytes - all.Bytes)
        );
    }

    public void Committed(ConnectionId connection, long added)
    {
        if (_usages.TryGet(connection, out var usage))
        {
            usage.Add(added);
        }

        if (_all.TryGet(true, out var all))
        {
            all.Add(added);
        }
    }

    private static async Task<Usage> LookAsync<TKey>(
        BoundedCache<TKey, Usage> usages,
        TKey key,
        NpgsqlCommand measure,
        CancellationToken cancellationToken
    )
        where TKey : notnull
    {
        await using var command = measure;
        if (!usages.TryGet(key, out var usage))
        {
            usage = new Usage(await command.ScalarAsync<long>(cancellationToken));
            usages.Set(key, usage, LookEvery);
        }

        return usage;
    }

    private sealed class Usage(long bytes)
    {
        private long _bytes = bytes;

        public long Bytes => Interlocked.Read(ref _bytes);

        public void Add(long more) => Interlocked.Add(ref _bytes, more);
    }
}
