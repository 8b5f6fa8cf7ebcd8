using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>The partner's own Datadog site: its name, and files of a certificate for all of its hosts.</summary>
internal sealed class PartnerSite : IDisposable
{
    public const string Domain = "dd.partner.example";

    /// <summary>Two clients have it built in, so the partner's own DNS and authority have to stand in for Datadog's.</summary>
    public const string BuiltInHost = "http-intake.logs.datadoghq.com";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("partner-site-");

    public PartnerSite()
    {
        using var certificate = new SelfSigned(
            Domain,
            $"*.{Domain}",
            $"*.logs.{Domain}",
            $"*.agent.{Domain}",
            BuiltInHost
        );
        CertificateFile = Path.Combine(_folder.FullName, "site.pem");
        KeyFile = Path.Combine(_folder.FullName, "site-key.pem");
        File.WriteAllText(CertificateFile, certificate.Pem);
        File.WriteAllText(KeyFile, certificate.KeyPem);
    }

    /// <summary>PEM; the authority that clients are to trust as well.</summary>
    public string CertificateFile { get; }

    public string Folder => _folder.FullName;

    private string KeyFile { get; }

    /// <summary>Arguments of the AppHost.</summary>
    public IEnumerable<string> Arguments =>
        [$"--Site:Domain={Domain}", $"--Site:CertificateFile={CertificateFile}", $"--Site:KeyFile={KeyFile}"];

    public void Dispose() => _folder.Delete(recursive: true);
}
