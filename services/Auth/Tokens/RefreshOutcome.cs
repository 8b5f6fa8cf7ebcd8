namespace Partner.Auth.Tokens;

/// <summary>How a refresh went, for the one who asked.</summary>
internal abstract record RefreshOutcome
{
    public sealed record Refreshed(LiveToken Token) : RefreshOutcome;

    /// <summary>The generation is another than the caller saw: look again.</summary>
    public sealed record Moved : RefreshOutcome;

    /// <summary>Somebody else tries.</summary>
    public sealed record Busy : RefreshOutcome;

    public sealed record TryLater(TimeSpan After) : RefreshOutcome;

    public sealed record NoGrant : RefreshOutcome;
}
