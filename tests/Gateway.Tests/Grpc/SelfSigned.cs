using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Partner.Gateway.Tests.Grpc;

/// <summary>A certificate in a file of its own, as Kestrel's configuration names one.</summary>
internal sealed class SelfSigned(string path, string password, string thumbprint) : IDisposable
{
    public string Path => path;

    public string Password => password;

    public string Thumbprint => thumbprint;

    public static SelfSigned Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var password = RandomNumberGenerator.GetHexString(20);
        var path = System.IO.Path.GetTempFileName();
        File.WriteAllBytes(path, certificate.Export(X509ContentType.Pkcs12, password));
        return new SelfSigned(path, password, certificate.Thumbprint);
    }

    public void Dispose() => File.Delete(path);
}
