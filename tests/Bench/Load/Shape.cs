namespace Partner.Bench.Load;

/// <summary>The request that a Datadog client makes for one data type.</summary>
/// <param name="Name">The sender's name, which is its resource's too.</param>
/// <param name="Path">Where clients send it.</param>
/// <param name="Intake">Where it arrives.</param>
/// <param name="Exact">Items arrive byte for byte, so that their hashes can be compared.</param>
/// <param name="Item">An item with a mark's digits all zero.</param>
/// <param name="IsAwaited">Datadog has it before the ack: nothing waits that something could happen to meanwhile.</param>
internal sealed record Shape(
    string Name,
    string Path,
    string Intake,
    int ItemsPerRequest,
    bool Exact,
    string Prefix,
    string Suffix,
    Func<Random, DateTimeOffset, string> Item,
    bool IsAwaited = false
)
{
    /// <summary>The place of a mark: <c>bench_</c> and the digits that are written into each request.</summary>
    public const string Mark = "bench_0000000000000000";

    /// <summary>Null: nobody sends that.</summary>
    public static Shape? Find(string name) => Shapes.All.FirstOrDefault(shape => shape.Name == name);

    /// <summary>The other scenarios are about what is acked and still under way.</summary>
    public bool IsFor(string scenario) => !IsAwaited || scenario is "steady" or "direct";
}
