using System.ComponentModel.DataAnnotations;

namespace Partner.Sending.Deduplication;

/// <summary>
/// How many requests an instance remembers for a minute; of those beyond a repetition is stored too. One commit may go
/// over it.
/// </summary>
internal sealed class DeduplicationOptions
{
    public const string SectionName = "Deduplication";

    /// <summary>Of one connection: more than 800 requests a second.</summary>
    [Range(1, 10_000_000)]
    public int MaxConnectionRequests { get; init; } = 50_000;

    /// <summary>Of all: some 20 MB of memory, and 40 MB in the database.</summary>
    [Range(1, 100_000_000)]
    public int MaxRequests { get; init; } = 200_000;
}
