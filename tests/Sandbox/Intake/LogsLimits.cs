namespace Partner.Sandbox.Intake;

/// <summary>datadog-facts 3.3. MB means 10^6 bytes.</summary>
internal static class LogsLimits
{
    public const int BodyBytes = 5_000_000;
    public const int ItemBytes = 1_000_000;
    public const int Items = 1_000;
    public static readonly TimeSpan Age = TimeSpan.FromHours(18);
}
