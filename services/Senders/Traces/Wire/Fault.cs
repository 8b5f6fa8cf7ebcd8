namespace Partner.Traces.Wire;

/// <summary>Why a trace or a span is not sent.</summary>
/// <param name="Reason">Of its dead letter.</param>
internal sealed record Fault(DeadLetterReason Reason, string Detail)
{
    public static readonly Fault NullTrace = new(DeadLetterReason.Malformed, "A trace is null.");

    public static readonly Fault NoTrace = new(
        DeadLetterReason.Malformed,
        "The body is not an array of arrays of spans."
    );

    public static readonly Fault NullSpan = new(DeadLetterReason.Malformed, "A span is null.");

    public static readonly Fault NoSpan = new(DeadLetterReason.Malformed, "A span is not a map of its fields.");

    public static readonly Fault NoAgentIds = new(DeadLetterReason.Malformed, "A span has no trace_id or no span_id.");

    public static readonly Fault NoOtlpIds = new(
        DeadLetterReason.Malformed,
        "A span has no trace id of 16 bytes or no span id of 8 bytes."
    );

    public static readonly Fault Unreadable = new(DeadLetterReason.Malformed, "A span cannot be read as OTLP.");

    public static readonly Fault UnreadableResource = new(
        DeadLetterReason.Malformed,
        "A ResourceSpans cannot be read as OTLP."
    );

    public static readonly Fault TooManyTags = new(DeadLetterReason.TooLarge, "A span has more than 10000 tags.");

    public static readonly Fault TooManyParts = new(
        DeadLetterReason.TooLarge,
        "A span has more than 10000 attributes, events and links, and values within them."
    );

    /// <summary>There was nothing that could have been sent.</summary>
    public bool IsNothing => this == NullTrace || this == NullSpan;
}
