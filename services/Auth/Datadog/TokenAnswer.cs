namespace Partner.Auth.Datadog;

/// <summary>The answer of the token endpoint, as a value (datadog-facts 2.5, 2.6).</summary>
internal abstract record TokenAnswer
{
    private TokenAnswer() { }

    /// <param name="Refresh">Null: the answer had none, the old one stays good.</param>
    public sealed record Granted(Secret Access, Secret? Refresh, TimeSpan Life, IReadOnlyList<string> Scopes)
        : TokenAnswer;

    /// <summary>The code or the refresh token is not good (any more).</summary>
    public sealed record InvalidGrant : TokenAnswer;

    /// <summary>401: none of the client secrets is good. Our fault, never the customer's (security 37).</summary>
    public sealed record ClientRefused : TokenAnswer;

    /// <summary>A refusal that repeating will not cure: a fault in what we send.</summary>
    public sealed record Refused(int Status, string? Code) : TokenAnswer;

    /// <param name="Undecided">Datadog may have done what was asked; its answer is not known.</param>
    public sealed record TryLater(TimeSpan? After, bool Undecided) : TokenAnswer;
}
