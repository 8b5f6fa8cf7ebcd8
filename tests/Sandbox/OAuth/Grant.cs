namespace Partner.Sandbox.OAuth;

/// <summary>One user's consent: this client may act in this org with these scopes.</summary>
public sealed class Grant(Client client, Org org, IReadOnlyList<string> scopes)
{
    private volatile bool _revoked;

    public string Id { get; } = Guid.CreateVersion7().ToString();

    public Client Client { get; } = client;

    public Org Org { get; } = org;

    public IReadOnlyList<string> Scopes => Org.AllowedScopes is { } allowed ? [.. scopes.Intersect(allowed)] : scopes;

    public bool Revoked => _revoked;

    /// <summary>Whether its tokens count now.</summary>
    public bool Alive => !_revoked && !Org.UserDisabled;

    /// <summary>How often its tokens were renewed.</summary>
    public int Refreshes { get; internal set; }

    /// <summary>How often a refresh token came that had been rotated before: somebody renews the same twice.</summary>
    public int Repeats { get; internal set; }

    public void Revoke() => _revoked = true;
}

internal sealed record Code(Grant Grant, string RedirectUri, string? Challenge, DateTimeOffset ExpiresAt)
{
    private int _spent;

    public bool TrySpend() => Interlocked.Exchange(ref _spent, 1) == 0;
}

internal sealed record AccessToken(Grant Grant, DateTimeOffset ExpiresAt);

internal sealed record RefreshToken(Grant Grant)
{
    /// <summary>When a rotation ends its life; null while it is the newest.</summary>
    public DateTimeOffset? DiesAt { get; set; }
}

/// <summary>What the token endpoint gives.</summary>
internal sealed record Tokens(string Access, string Refresh, double ExpiresIn, IReadOnlyList<string> Scopes);
