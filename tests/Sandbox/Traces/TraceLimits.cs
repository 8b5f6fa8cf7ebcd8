namespace Partner.Sandbox.Traces;

/// <summary>datadog-facts 3.6, uncompressed bytes.</summary>
internal static class TraceLimits
{
    public const int OtlpBytes = 15 * 1024 * 1024;

    /// <summary>What tracers flush at; the intake's own limit is ND.</summary>
    public const int JsonSpansBytes = 8 * 1024 * 1024;

    public const int AgentBytes = 3_200_000;
}
