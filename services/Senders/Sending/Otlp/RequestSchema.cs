namespace Partner.Sending.Otlp;

/// <summary>How many of some messages are taken of one request.</summary>
/// <param name="What">In the words of the refusal.</param>
public sealed record OtlpBound(string What, int Most, params MessageSchema[] Of)
{
    /// <summary>They are what the request is about: one that is no object was to be one all the same.</summary>
    public bool IsItem { get; init; }
}

/// <summary>A signal's request: its messages, and the caller's bounds.</summary>
public sealed class RequestSchema(MessageSchema request, params OtlpBound[] bounds)
{
    private readonly Dictionary<MessageSchema, int> _bounds = bounds
        .Index()
        .SelectMany(bound => bound.Item.Of.Select(message => (message, bound.Index)))
        .ToDictionary(pair => pair.message, pair => pair.Index);

    public MessageSchema Request => request;

    /// <summary>An item that is no object becomes one without fields; else it is told apart as it stands.</summary>
    public bool KeepsOddItems { get; init; }

    internal int[] NewCounts() => new int[bounds.Length];

    /// <returns>Whether it is an item.</returns>
    /// <exception cref="MalformedException">There are more of them than are taken.</exception>
    internal bool Count(MessageSchema message, int[] counts)
    {
        if (!_bounds.TryGetValue(message, out var index))
        {
            return false;
        }

        MalformedException.ThrowIfMore(++counts[index], bounds[index].Most, bounds[index].What);
        return bounds[index].IsItem;
    }
}
