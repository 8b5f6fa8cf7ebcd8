using System.Text.Json.Serialization;

namespace Partner.Sending;

/// <summary>An item given up; <see cref="Item"/> is its first 10 kB in a list, and all of it when asked for alone.</summary>
public sealed record DeadLetterView(
    long Id,
    DateTimeOffset At,
    string Reason,
    string Detail,
    string Item,
    [property: JsonPropertyName("replayed_at")] DateTimeOffset? ReplayedAt
)
{
    [JsonPropertyName("item_at")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ItemAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Bytes { get; init; }
}

/// <summary>Ask again with <c>after</c> = <see cref="Next"/> while it is not null.</summary>
public sealed record DeadLetterPage(
    [property: JsonPropertyName("dead_letters")] IReadOnlyList<DeadLetterView> DeadLetters,
    long? Next
);

/// <summary>The letters that are there by their reason, and how many are there no more without having been replayed.</summary>
/// <param name="AgedOut">Removed because they were older than dead letters are kept.</param>
/// <param name="Trimmed">Removed because dead letters took more room than they may: the oldest of who holds most.</param>
public sealed record DeadLetterReasons(
    IReadOnlyList<DeadLetterReasonCount> Reasons,
    long Discarded,
    [property: JsonPropertyName("aged_out")] long AgedOut,
    long Trimmed
);

/// <param name="Waiting">Not sent again.</param>
public sealed record DeadLetterReasonCount(
    string Reason,
    long Waiting,
    long Replayed,
    [property: JsonPropertyName("oldest_at")] DateTimeOffset OldestAt,
    [property: JsonPropertyName("newest_at")] DateTimeOffset NewestAt
);

/// <param name="More">It was too much for one request: ask again.</param>
public sealed record Discarded([property: JsonPropertyName("discarded")] long Letters, bool More);

/// <summary>
/// Which dead letters to send again: those of <see cref="Ids"/>, or all that the other fields allow; with none of them
/// all that the connection has. Those that come later, and those that were sent again before, are not among them.
/// </summary>
/// <param name="Ids">At most 1,000.</param>
/// <param name="From">When they were given up.</param>
/// <param name="To">Not included.</param>
public sealed record StartReplay(
    IReadOnlyList<long>? Ids = null,
    string? Reason = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null
);

/// <param name="State"><c>running</c>, <c>paused</c> or <c>canceled</c>, which is final.</param>
public sealed record ChangeReplay(string State);

/// <summary>
/// Dead letters on their way back into the outbox, behind live data. What is replayed is accepted anew; what Datadog
/// refuses again is a new dead letter.
/// </summary>
/// <param name="State"><c>running</c>, <c>paused</c>, <c>canceled</c> or <c>done</c>.</param>
/// <param name="Total">The letters that it was made for.</param>
/// <param name="Replayed">Back in the outbox.</param>
/// <param name="RefusedExpired">Older than Datadog takes by now; they stay dead letters.</param>
/// <param name="RefusedFuture">Newer than Datadog takes still; they stay dead letters.</param>
public sealed record ReplayView(
    long Id,
    string State,
    long Total,
    long Replayed,
    [property: JsonPropertyName("refused_expired")] long RefusedExpired,
    [property: JsonPropertyName("refused_future")] long RefusedFuture,
    string? Reason,
    DateTimeOffset? From,
    DateTimeOffset? To,
    [property: JsonPropertyName("created_by")] string CreatedBy,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset UpdatedAt
);

/// <summary>Ask again with <c>after</c> = <see cref="Next"/> while it is not null.</summary>
public sealed record ReplayPage(IReadOnlyList<ReplayView> Replays, long? Next);
