namespace Partner.Sending;

/// <summary>Why an item is not sent; rows, the API and the meters have it in snake_case: <c>too_large</c>.</summary>
public enum DeadLetterReason
{
    /// <summary>Datadog would refuse it as it stands.</summary>
    Malformed,

    /// <summary>Its name is longer than Datadog documents.</summary>
    TooLong,

    /// <summary>It alone is beyond a limit of Datadog's.</summary>
    TooLarge,

    /// <summary>Older than Datadog takes.</summary>
    Expired,

    /// <summary>Newer than Datadog takes.</summary>
    Future,

    /// <summary>Datadog has refused it (400 or 422).</summary>
    Rejected,

    /// <summary>It fails again and again while others pass.</summary>
    Undeliverable,

    /// <summary>Its connection has had no grant for longer than <c>Delivery:Grace</c>.</summary>
    Disconnected,
}
