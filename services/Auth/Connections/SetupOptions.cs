namespace Partner.Auth.Connections;

/// <summary>Times of the set-up that follows an authorisation.</summary>
internal static class SetupOptions
{
    /// <summary>A set-up that has not ended by then has lost its process; the worker goes on.</summary>
    public static readonly TimeSpan ResumeAfter = TimeSpan.FromMinutes(2);

    /// <summary>New keys are refused for some seconds (datadog-facts 3.8).</summary>
    public static readonly TimeSpan KeySettles = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan BetweenProofs = TimeSpan.FromSeconds(1);

    /// <summary>A set-up that could not be finished because something was down is tried again after this.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);
}
