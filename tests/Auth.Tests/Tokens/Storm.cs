namespace Partner.Auth.Tests.Tokens;

/// <summary>What a storm prints of its latencies.</summary>
internal static class Storm
{
    public static string At(TimeSpan[] latencies, int percent) =>
        $"{latencies.Order().ElementAt(latencies.Length * percent / 100).TotalMilliseconds:F1} ms";

    public static void Print(string line) => Console.WriteLine(line);
}
