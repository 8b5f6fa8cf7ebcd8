using System.ComponentModel.DataAnnotations;

namespace Partner.Sending.Waiting;

/// <summary>Requests with <c>?wait=delivered</c>.</summary>
internal sealed class WaitOptions
{
    public const string SectionName = "Wait";

    /// <summary>After it the answer is that it is accepted and not yet delivered. The gateway's own patience is 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:50")]
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>At once; one more is answered without waiting.</summary>
    [Range(0, 100_000)]
    public int MaxWaiting { get; init; } = 2_000;
}
