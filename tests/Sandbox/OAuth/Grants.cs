using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Sandbox.OAuth;

/// <summary>Codes and tokens of every site, each bound to the org (and so to the site) that gave it.</summary>
public sealed class Grants
{
    private readonly SandboxState _state;
    private readonly ConcurrentQueue<Grant> _grants = new();
    private readonly ConcurrentDictionary<string, Code> _codes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AccessToken> _access = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RefreshToken> _refresh = new(StringComparer.Ordinal);
    private readonly Lock _refreshing = new();

    internal Grants(SandboxState state) => _state = state;

    public IEnumerable<Grant> Of(Org org) => _grants.Where(grant => grant.Org == org);

    /// <summary>
    /// Ends every grant of the org: a user revoked, an admin disabled the app, or the tile was uninstalled.
    /// </summary>
    public void RevokeAll(Org org)
    {
        foreach (var grant in Of(org))
        {
            grant.Revoke();
        }
    }

    /// <summary>A new grant as the whole flow would give it: an access token that lives as long as settings say.</summary>
    public string Authorize(Client client, Org org)
    {
        var grant = new Grant(client, org, client.Scopes);
        _grants.Enqueue(grant);
        return NewTokens(grant, NewRefreshToken(grant)).Access;
    }

    /// <summary>Ends one access token before its time; its grant lives on.</summary>
    public void Expire(string accessToken) => _access.TryRemove(accessToken, out _);

    internal string Issue(Client client, Org org, string redirectUri, string? challenge)
    {
        var code = NewToken("code");
        _codes[code] = new Code(
            new Grant(client, org, client.Scopes),
            redirectUri,
            challenge,
            _state.Clock.GetUtcNow().AddSeconds(_state.Settings.CodeLifetimeSeconds)
        );
        return code;
    }

    /// <summary>
    /// The tokens for a code, or the fact that forbids them. A code presented at its own site is spent either way.
    /// </summary>
    internal (Tokens? Tokens, string? Refusal) Redeem(
        Site site,
        Client client,
        string? code,
        string? redirectUri,
        string? verifier
    )
    {
        if (verifier is not null)
        {
            _state.Issued.Add("verifier", verifier);
        }

        if (code is null || !_codes.TryGetValue(code, out var issued) || issued.Grant.Org.Site != site)
        {
            return (null, Fact.CodeUnknown);
        }

        var refusal = Refusal(issued, client, redirectUri, verifier);
        if (refusal is not null)
        {
            return (null, refusal);
        }

        _grants.Enqueue(issued.Grant);
        return (NewTokens(issued.Grant, NewRefreshToken(issued.Grant)), null);
    }

    internal (Tokens? Tokens, string? Refusal) Refresh(Site site, Client client, string? token)
    {
        lock (_refreshing)
        {
            if (Find(site, client, token) is not { } refresh)
            {
                return (null, Fact.RefreshUnknown);
            }

            var now = _state.Clock.GetUtcNow();
            refresh.Grant.Repeats += refresh.DiesAt is null ? 0 : 1;
            if (now >= refresh.DiesAt)
            {
                return (null, Fact.RefreshRotated);
            }

            refresh.Grant.Refreshes++;

            if (_state.Settings.Rotate is Rotation.Never)
            {
                return (NewTokens(refresh.Grant, token!), null);
            }

            refresh.DiesAt ??=
                _state.Settings.Rotate is Rotation.Grace ? now.AddSeconds(_state.Settings.RotationGraceSeconds) : now;
            return (NewTokens(refresh.Grant, NewRefreshToken(refresh.Grant)), null);
        }
    }

    internal Grant? FindByAccessToken(Site site, string token) =>
        _access.TryGetValue(token, out var access)
        && access.Grant.Org.Site == site
        && access.Grant.Alive
        && _state.Clock.GetUtcNow() < access.ExpiresAt
            ? access.Grant
            : null;

    /// <summary>
    /// Ends the one token; a refresh token takes its whole grant along, for no new token can come of it.
    /// </summary>
    internal void Revoke(Site site, Client client, string token)
    {
        if (Find(site, client, token) is { } refresh)
        {
            refresh.Grant.Revoke();
        }
        else if (
            _access.TryGetValue(token, out var access)
            && access.Grant.Client == client
            && access.Grant.Org.Site == site
        )
        {
            _access.TryRemove(token, out _);
        }
    }

    private RefreshToken? Find(Site site, Client client, string? token) =>
        token is not null
        && _refresh.TryGetValue(token, out var refresh)
        && refresh.Grant.Client == client
        && refresh.Grant.Org.Site == site
        && refresh.Grant.Alive
            ? refresh
            : null;

    private string? Refusal(Code code, Client client, string? redirectUri, string? verifier) =>
        code switch
        {
            _ when code.Grant.Client != client => Fact.CodeOfAnotherClient,
            _ when !code.TrySpend() => Fact.CodeUsed,
            _ when _state.Clock.GetUtcNow() >= code.ExpiresAt => Fact.CodeExpired,
            _ when !code.Grant.Alive => Fact.CodeUnknown,
            _ when code.RedirectUri != redirectUri => Fact.CodeRedirect,
            _ when code.Challenge is not null && code.Challenge != Challenge(verifier) => Fact.CodeVerifier,
            _ => null,
        };

    private Tokens NewTokens(Grant grant, string refreshToken)
    {
        var seconds = _state.Settings.AccessTokenSeconds;
        var token = NewToken("access-token");
        _access[token] = new AccessToken(grant, _state.Clock.GetUtcNow().AddSeconds(seconds));
        return new Tokens(token, refreshToken, seconds, grant.Scopes);
    }

    private string NewRefreshToken(Grant grant)
    {
        var token = NewToken("refresh-token");
        _refresh[token] = new RefreshToken(grant);
        return token;
    }

    // RFC 7636 section 4.6.
    private static string? Challenge(string? verifier) =>
        verifier is null ? null : Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private string NewToken(string kind) =>
        _state.Issued.Add(kind, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
}
