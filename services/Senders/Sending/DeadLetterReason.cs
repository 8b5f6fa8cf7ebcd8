using System.Text.Json;

namespace Partner.Sending;

/// <summary>Why an item is not sent.</summary>
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

public static class DeadLetterReasonText
{
    private static readonly string[] Texts =
    [
        .. Enum.GetNames<DeadLetterReason>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName),
    ];

    /// <summary>As rows, the API and the meters have it: <c>too_large</c>.</summary>
    public static string Text(this DeadLetterReason reason) => Texts[(int)reason];
}
