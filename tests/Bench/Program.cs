using Partner.Bench;

// Figures of the logs sender against a real, durable Postgres and an intake in memory. Seconds per scenario: first argument.
var seconds = args.Length > 0 ? int.Parse(args[0]) : 10;
CompressionBench.Run();
await using var bench = await LogsBench.StartAsync();
foreach (var (connections, workers, items) in new[] { (1, 32, 100), (100, 64, 1), (100, 64, 100), (1_000, 128, 10) })
{
    await bench.RunAsync(connections, workers, items, TimeSpan.FromSeconds(seconds));
}
