namespace Partner.Auth.Tokens;

/// <summary>When the next refresh is due. Chance spreads connections that were made together (faults F9).</summary>
internal static class RefreshSchedule
{
    public static readonly TimeSpan InUseFor = TimeSpan.FromHours(1);

    private static readonly TimeSpan Lead = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Spread = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>
    /// In use: ahead of expiry. Idle: within a day, because Datadog does not tell us that a grant was revoked
    /// (datadog-facts 2.7).
    /// </summary>
    public static DateTimeOffset Next(
        DateTimeOffset now,
        DateTimeOffset expiresAt,
        DateTimeOffset? lastUsedAt,
        double jitter
    ) => lastUsedAt > now - InUseFor ? AheadOf(now, expiresAt, jitter) : now + (Day * (0.75 + (0.2 * jitter)));

    /// <summary>Five to ten minutes ahead; of a short life, its last third.</summary>
    public static DateTimeOffset AheadOf(DateTimeOffset now, DateTimeOffset expiresAt, double jitter)
    {
        var (life, lead) = (expiresAt - now, Lead + (Spread * jitter));
        return life <= TimeSpan.Zero ? now : expiresAt - (lead < life / 3 ? lead : life / 3);
    }

    public static TimeSpan AfterFailure(int failures, double jitter)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures, 10));
        return (pause < LongestPause ? pause : LongestPause) * (0.5 + jitter);
    }
}
