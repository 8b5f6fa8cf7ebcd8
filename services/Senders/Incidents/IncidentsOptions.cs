using System.ComponentModel.DataAnnotations;

namespace Partner.Incidents;

internal sealed class IncidentsOptions
{
    public const string SectionName = "Incidents";

    /// <summary>Of one call to Datadog.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>Of all that one request makes us do; less than the gateway waits, and less than the lease.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How long a request holds its intent; after a crash no other request may ask for that long.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long after a call a search that finds nothing proves nothing: the call may be under way still, and what it
    /// made is not searchable at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an equal request without an Idempotency-Key is taken for a repetition of one without an answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Tie { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an Idempotency-Key, and the answer that it gets again, is kept.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How often the service checks whether a lost answer is to be looked for although no caller asks again.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two such looks for the same, doubled each time; after <see cref="Keep"/> there are no more.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LookDelay { get; init; } = TimeSpan.FromMinutes(1);

    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaxLookDelay { get; init; } = TimeSpan.FromHours(1);
}
