namespace Partner.Auth.Connect;

/// <summary>
/// One authorization request. Everything that the callback is judged by was written down before the browser left
/// (security 2, 12); only hashes of what the browser carries are kept.
/// </summary>
/// <param name="Session">Id of the connect session that it belongs to.</param>
/// <param name="Connection">The connection that is authorised again; null for whichever org comes.</param>
/// <param name="ExpectedDomain">Null: any site of the list (security 22).</param>
internal sealed record ConnectAttempt(
    string CookieHash,
    string StateHash,
    string? Session,
    TenantId Tenant,
    ConnectionId? Connection,
    string Profile,
    byte[] SealedVerifier,
    string? ExpectedDomain,
    string AuthorizeHost,
    string RedirectUri,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ConsumedAt
)
{
    /// <summary>Datadog's consent page takes seconds; older answers are refused (security 5).</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <summary>The context for which the verifier is sealed.</summary>
    public static string VerifierContext(string cookieHash) => $"pkce-verifier|{cookieHash}";
}
