namespace Partner.Events;

/// <summary>The fields that are read of an event, and where the values stand that its answer repeats.</summary>
internal sealed class EventFields
{
    private readonly Dictionary<string, Range> _values = [];

    public string? Title { get; set; }

    public string? Text { get; set; }

    public string? AggregationKey { get; set; }

    /// <summary>Seconds; a fraction or an exponent is a number too.</summary>
    public double? DateHappened { get; set; }

    public void Keep(string name, Range value) => _values[name] = value;

    /// <summary>The value's JSON; null if the event does not have it.</summary>
    public Range? Find(string name) => _values.TryGetValue(name, out var value) ? value : null;
}
