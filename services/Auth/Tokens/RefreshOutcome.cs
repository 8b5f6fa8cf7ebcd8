namespace Partner.Auth.Tokens;

/// <summary>The outcome of a refresh, for its caller.</summary>
internal abstract record RefreshOutcome
{
    public sealed record Refreshed(LiveToken Token) : RefreshOutcome;

    /// <summary>The generation is another than the caller saw: look again.</summary>
    public sealed record Moved : RefreshOutcome;

    /// <summary>Another attempt is running.</summary>
    public sealed record Busy : RefreshOutcome;

    public sealed record TryLater(TimeSpan After) : RefreshOutcome;

    public sealed record NoGrant : RefreshOutcome;
}
