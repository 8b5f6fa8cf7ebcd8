using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Partner.ServiceDefaults;

/// <summary>
/// Signs this service's tokens (ES256, RFC 7518 3.4). One signature serves the same audience and claims for half of
/// the token's life: a signature costs more than everything else the gateway does for a request.
/// </summary>
public sealed class ServiceTokenIssuer : IDisposable
{
    private const int MaxCached = 20_000;

    private readonly BoundedCache<(string Audience, ServiceClaims Claims), string> _cache;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly ServiceTokenOptions _options;
    private readonly TimeProvider _time;
    private readonly ECDsa _key = ECDsa.Create();
    private readonly SigningCredentials _credentials;

    internal ServiceTokenIssuer(IOptions<ServiceTokenOptions> options, TimeProvider time)
    {
        _options = options.Value;
        _time = time;
        _cache = new(MaxCached, time);
        _key.ImportPkcs8PrivateKey(Convert.FromBase64String(_options.PrivateKey), out _);
        _credentials = new SigningCredentials(
            new ECDsaSecurityKey(_key) { CryptoProviderFactory = new CryptoProviderFactory() },
            SecurityAlgorithms.EcdsaSha256
        );
    }

    /// <summary>The signed token, without the word Bearer.</summary>
    public string Issue(string audience, ServiceClaims claims)
    {
        if (!_cache.TryGet((audience, claims), out var token))
        {
            token = Sign(audience, claims);
            _cache.Set((audience, claims), token, _options.Lifetime / 2);
        }

        return token;
    }

    public void Dispose() => _key.Dispose();

    private string Sign(string audience, ServiceClaims claims)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var content = new Dictionary<string, object>();
        if (claims.Connection is { } connection)
        {
            content["connection"] = connection;
        }

        if (claims.Strict)
        {
            content["strict"] = true;
        }

        if (claims.Actor is { } actor)
        {
            content["actor"] = actor;
        }

        if (claims.Role is { } role)
        {
            content["role"] = role;
        }

        if (claims.Only is { } only)
        {
            content["only"] = only;
        }

        return _handler.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = _options.Name,
                Audience = audience,
                IssuedAt = now,
                NotBefore = now,
                Expires = now + _options.Lifetime,
                Claims = content,
                SigningCredentials = _credentials,
            }
        );
    }
}
