using Partner.Auth.Datadog;

namespace Partner.Auth.Connections;

/// <summary>What to do about an org's one API key, given what is stored and what Datadog says of it (datadog-facts
/// 2.8).</summary>
internal abstract record KeyDecision
{
    /// <summary>The stored key is alive and proven to be this org's: no second key is asked for.</summary>
    public sealed record Reuse(string KeyId) : KeyDecision;

    /// <param name="Version">Of the key to come in the vault.</param>
    public sealed record Mint(long Version) : KeyDecision;

    /// <summary>A key of another org: never used for this one.</summary>
    public sealed record Refuse : KeyDecision;

    public sealed record Wait : KeyDecision;

    public static KeyDecision Decide(StoredSecret? stored, KeyAnswer? answer, string org) =>
        (stored, answer) switch
        {
            (null, _) => new Mint(1),
            // The org is proven to be at this site: a key of another one cannot be its own.
            (_, KeyAnswer.Rejected or KeyAnswer.OfAnotherSite) => new Mint(stored.Version + 1),
            (_, KeyAnswer.Valid valid) when valid.Org == org => new Reuse(stored.KeyId ?? ""),
            (_, KeyAnswer.Valid { Org: not null }) => new Refuse(),
            _ => new Wait(),
        };
}
