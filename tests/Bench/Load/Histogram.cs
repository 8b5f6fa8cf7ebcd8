using System.Numerics;

namespace Partner.Bench.Load;

/// <summary>Durations by buckets of less than 1 % width, so that any number of them can be kept.</summary>
internal sealed class Histogram
{
    // Up to 2^7 µs each microsecond is a bucket; above, each power of two is cut into 128.
    private const int SubBits = 7;

    private readonly long[] _buckets = new long[(65 - SubBits) << SubBits];
    private long _count;

    public long Count => Volatile.Read(ref _count);

    public void Add(TimeSpan duration)
    {
        Interlocked.Increment(ref _buckets[IndexOf(Math.Max(0, (long)duration.TotalMicroseconds))]);
        Interlocked.Increment(ref _count);
    }

    /// <summary>In milliseconds; 0 where there is nothing.</summary>
    public double Percentile(double percent)
    {
        var (rank, seen) = (Math.Max(1, (long)Math.Ceiling(Count * percent / 100)), 0L);
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += Volatile.Read(ref _buckets[i]);
            if (seen >= rank)
            {
                return Math.Round(HighestOf(i) / 1000.0, 2);
            }
        }

        return 0;
    }

    private static int IndexOf(long microseconds)
    {
        var shift = Math.Max(0, 64 - SubBits - 1 - BitOperations.LeadingZeroCount((ulong)microseconds));
        return (shift << SubBits) + (int)(microseconds >> shift);
    }

    private static long HighestOf(int index)
    {
        var shift = Math.Max(0, (index >> SubBits) - 1);
        return ((long)(index - (shift << SubBits)) << shift) + (1L << shift) - 1;
    }
}
