using System.Diagnostics;
using System.IO.Compression;

namespace Partner.Bench.Micro;

/// <summary>What stored segments cost: Brotli at qualities 0 and 1 beside the fastest deflate.</summary>
internal static class CompressionBench
{
    private const int Rounds = 200;

    public static void Run()
    {
        var raw = Sample.Request(1_000, 1);
        var scratch = new byte[BrotliEncoder.GetMaxCompressedLength(raw.Length)];
        Measure(
            "brotli q0",
            raw.Length,
            () => BrotliEncoder.TryCompress(raw, scratch, out var written, 0, 20) ? written : 0
        );
        Measure(
            "brotli q1",
            raw.Length,
            () => BrotliEncoder.TryCompress(raw, scratch, out var written, 1, 20) ? written : 0
        );
        Measure(
            "deflate",
            raw.Length,
            () =>
            {
                using var output = new MemoryStream(scratch);
                using (var deflate = new DeflateStream(output, CompressionLevel.Fastest, leaveOpen: true))
                {
                    deflate.Write(raw);
                }

                return (int)output.Position;
            }
        );
    }

    private static void Measure(string name, int raw, Func<int> compress)
    {
        compress();
        var started = Stopwatch.GetTimestamp();
        var size = 0;
        for (var i = 0; i < Rounds; i++)
        {
            size = compress();
        }

        var rate = (double)raw * Rounds / Stopwatch.GetElapsedTime(started).TotalSeconds / 1e6;
        Console.WriteLine($"{name, -10} {rate, 6:F0} MB/s, {100.0 * size / raw:F1} % of {raw:N0} bytes");
    }
}
