using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Partner.Sandbox.Tls;

/// <summary>A certificate authority that lives as long as the process and is written nowhere.</summary>
internal sealed class Authority : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly DateTimeOffset _from;
    private readonly DateTimeOffset _until;

    public Authority()
    {
        // Certificates are judged by the caller's clock, so they are made by the system's, not by the sandbox's movable
        // one.
        var now = TimeProvider.System.GetUtcNow();
        (_from, _until) = (now.AddDays(-1), now.AddDays(30));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Sandbox of Datadog sites", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(_from, _until);
        Public = X509CertificateLoader.LoadCertificate(_certificate.RawData);
    }

    public X509Certificate2 Public { get; }

    public X509Certificate2 Issue(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], false)
        );
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false)
        );
        using var leaf = request.Create(_certificate, _from, _until, RandomNumberGenerator.GetBytes(16));
        return leaf.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        Public.Dispose();
    }
}
