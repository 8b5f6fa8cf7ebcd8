namespace Partner.Bench.Micro;

/// <summary>The logs sender in this process, against a durable Postgres and an intake in memory: no gateway, no sandbox.</summary>
internal static class MicroBench
{
    public static async Task RunAsync(TimeSpan duration)
    {
        CompressionBench.Run();
        SpansBench.Run();
        await using var bench = await LogsBench.StartAsync();
        foreach (
            var (connections, workers, items) in new[] { (1, 32, 100), (100, 64, 1), (100, 64, 100), (1_000, 128, 10) }
        )
        {
            await bench.RunAsync(connections, workers, items, duration);
        }
    }
}
