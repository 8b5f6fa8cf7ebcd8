using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Partner.ServiceDefaults;

namespace Partner.Testing;

/// <summary>A service with a key pair of its own: configuration for a callee, tokens for a caller.</summary>
public sealed class ServiceIdentity : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ServiceTokenIssuer _issuer;
    private readonly TimeProvider _time;

    public ServiceIdentity(string name, TimeProvider? time = null)
    {
        Name = name;
        _time = time ?? TimeProvider.System;
        PrivateKey = Convert.ToBase64String(_key.ExportPkcs8PrivateKey());
        PublicKey = Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo());
        _issuer = IssuerAt(_time);
    }

    public string Name { get; }

    public string PrivateKey { get; }

    public string PublicKey { get; }

    /// <summary>A token of this service for <paramref name="audience"/>.</summary>
    public string TokenFor(string audience, ServiceClaims? claims = null) =>
        _issuer.Issue(audience, claims ?? ServiceClaims.None);

    /// <summary>One that was made an hour ago.</summary>
    public string ExpiredTokenFor(string audience, ServiceClaims? claims = null)
    {
        using var issuer = IssuerAt(new ManualTimeProvider(_time.GetUtcNow().AddHours(-1)));
        return issuer.Issue(audience, claims ?? ServiceClaims.None);
    }

    /// <summary>One that was made by this clock.</summary>
    public string TokenAt(TimeProvider clock, string audience)
    {
        using var issuer = IssuerAt(clock);
        return issuer.Issue(audience, ServiceClaims.None);
    }

    /// <summary>Settings of this service itself.</summary>
    public Dictionary<string, string?> AsSelf() =>
        new() { ["ServiceTokens:Name"] = Name, ["ServiceTokens:PrivateKey"] = PrivateKey };

    /// <summary>Settings of a service that this one may call for <paramref name="permissions"/>.</summary>
    public Dictionary<string, string?> AsCaller(params string[] permissions)
    {
        var settings = new Dictionary<string, string?> { [$"ServiceTokens:Callers:{Name}:PublicKey"] = PublicKey };
        for (var i = 0; i < permissions.Length; i++)
        {
            settings[$"ServiceTokens:Callers:{Name}:Permissions:{i}"] = permissions[i];
        }

        return settings;
    }

    private ServiceTokenIssuer IssuerAt(TimeProvider time) =>
        new(Options.Create(new ServiceTokenOptions { Name = Name, PrivateKey = PrivateKey }), time);

    public void Dispose()
    {
        _issuer.Dispose();
        _key.Dispose();
    }
}
