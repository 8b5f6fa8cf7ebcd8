namespace Partner.Auth.Connections;

/// <summary>Why a connection is not simply connected: stable slugs, shown by the partner API.</summary>
internal static class ConnectionReasons
{
    public const string GrantRevoked = "grant-revoked";

    /// <summary>Datadog may have given a new refresh token that was never received (faults F3).</summary>
    public const string AnswerLost = "refresh-answer-lost";
    public const string TokenMissing = "refresh-token-missing";
    public const string TokenOfAnotherSite = "token-of-another-site";
    public const string KeyExists = "key-exists-at-datadog";
    public const string KeyNotPermitted = "api-key-not-permitted";

    /// <summary>The client or the org does not give it the scope that makes keys.</summary>
    public const string KeyScopeMissing = "api-key-scope-missing";
    public const string KeyRejected = "api-key-rejected";
    public const string KeyOfAnotherOrg = "api-key-of-another-org";
    public const string OrgInUse = "org-in-use";

    /// <summary>It was to be an older connection's, and came from another org.</summary>
    public const string OtherOrg = "other-org";

    /// <summary>The grant has fewer scopes than are needed; the capabilities say what that means.</summary>
    public const string ScopesMissing = "scopes-missing";

    /// <summary>The scopes are there, and Datadog refuses some reads all the same.</summary>
    public const string ReadsRefused = "reads-refused";
    public const string Disconnected = "disconnected-by-partner";
}
