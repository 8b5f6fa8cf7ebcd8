using System.ComponentModel.DataAnnotations;

namespace Partner.Gateway.Limits;

internal sealed class LimitOptions
{
    public const string SectionName = "Limits";

    /// <summary>Requests of one connection's ingest keys.</summary>
    public RateOptions Connection { get; init; } = new() { PerSecond = 2_000, Burst = 10_000 };

    /// <summary>
    /// Requests with one client token, of all the pages that it stands in together. Apart from
    /// <see cref="Connection"/>: strangers can use it up, and it is none of the keys of the partner's backend. A page
    /// sends one each 30 s, or for each 16 KiB or 50 logs.
    /// </summary>
    public RateOptions ClientToken { get; init; } = new() { PerSecond = 100, Burst = 1_000 };

    /// <summary>Visits of one address to the pages of people (security 47). An office is one address too.</summary>
    public RateOptions People { get; init; } = new() { PerSecond = 5, Burst = 300 };

    /// <summary>
    /// Refused credentials of one address (security 47). A good credential is never refused for its neighbours' sake:
    /// a partner's whole backend is often one address, and one revoked key must not silence all tenants. What guards
    /// against guessing is that a key has 128 random bits; this bounds what the attempts cost.
    /// </summary>
    public RateOptions Failures { get; init; } = new() { PerSecond = 10, Burst = 200 };
}

internal sealed class RateOptions
{
    [Range(0.01, 1_000_000)]
    public double PerSecond { get; init; } = 1;

    [Range(1, 10_000_000)]
    public double Burst { get; init; } = 1;
}
