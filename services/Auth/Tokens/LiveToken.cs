namespace Partner.Auth.Tokens;

/// <summary>An access token with all that it is bound to. Its site is part of what it is sealed for (security
/// 28).</summary>
internal sealed record LiveToken(
    ConnectionId Connection,
    long Generation,
    string Site,
    DateTimeOffset ExpiresAt,
    Secret Value
)
{
    public static string ContextOf(ConnectionId connection, long generation, string site, DateTimeOffset expiresAt) =>
        $"access-token|{connection}|{generation}|{site}|{expiresAt.ToUnixTimeSeconds()}";

    public string Context => ContextOf(Connection, Generation, Site, ExpiresAt);
}

/// <summary>
/// The text of a refresh token in the vault. It names its site, so that a row whose site was changed by hand cannot
/// send the token to another site (security 28).
/// </summary>
internal static class RefreshTokenText
{
    public static Secret Of(string site, Secret token) => new($"{site} {token.Reveal()}");

    /// <summary>Null: it is another site's.</summary>
    public static Secret? For(string site, Secret stored) =>
        stored.Reveal().Split(' ', 2) is [var of, var token] && of == site ? new Secret(token) : null;
}
