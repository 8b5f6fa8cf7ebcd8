using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Partner.Egress.Tests;

/// <summary>
/// Serves any host over TLS by a CA of its own, and that CA on a plain port, as the sandbox does. It echoes method,
/// host and path; <c>/redirect</c> redirects to another registry host.
/// </summary>
internal sealed class FakeDatadog : IAsyncDisposable
{
    private readonly Authority _issuing = new();
    private readonly Authority _shown;
    private readonly WebApplication _app;

    /// <param name="showsOwnAuthority">False: the CA that it shows is not the one that its certificates are of.</param>
    /// <param name="certificateFor">The name in its certificates; null: whatever is asked for.</param>
    private FakeDatadog(bool showsOwnAuthority, string? certificateFor)
    {
        _shown = showsOwnAuthority ? _issuing : new Authority();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                    listen.UseHttps(https =>
                        https.ServerCertificateSelector = (_, name) => _issuing.Issue(certificateFor ?? name ?? "none")
                    )
            );
            kestrel.Listen(IPAddress.Loopback, 0);
            // A character for each byte, so that tests see the bytes.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        _app = builder.Build();
        _app.MapGet("/_sandbox/ca.pem", () => _shown.Pem);
        _app.MapGet(
            "/redirect",
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
                context.Response.Headers.Location = "https://api.us3.datadoghq.com/elsewhere";
                context.Response.Headers.SetCookie = "a=b";
                return Task.CompletedTask;
            }
        );
        _app.MapFallback(
            "{**path}",
            context =>
            {
                Requests.Enqueue(
                    $"{context.Request.Method} {context.Request.Scheme}://{context.Request.Host}{context.Request.Path}"
                );
                Headers.Enqueue([.. context.Request.Headers.Keys.Order(StringComparer.OrdinalIgnoreCase)]);
                return Answer(context);
            }
        );
    }

    public ConcurrentQueue<string> Requests { get; } = [];

    public ConcurrentQueue<string[]> Headers { get; } = [];

    /// <summary>What it does with a request.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = context => context.Response.WriteAsync("ok");

    public int TlsPort => new Uri(_app.Urls.First()).Port;

    public int PagesPort => new Uri(_app.Urls.Last()).Port;

    public static async Task<FakeDatadog> StartAsync(bool showsOwnAuthority = true, string? certificateFor = null)
    {
        var fake = new FakeDatadog(showsOwnAuthority, certificateFor);
        await fake._app.StartAsync();
        return fake;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private sealed class Authority
    {
        private readonly X509Certificate2 _certificate;

        public Authority()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=Test CA", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            var now = TimeProvider.System.GetUtcNow();
            _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        }

        public string Pem => _certificate.ExportCertificatePem();

        public X509Certificate2 Issue(string name)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], false));
            var now = TimeProvider.System.GetUtcNow();
            using var leaf = request.Create(
                _certificate,
                now.AddHours(-1),
                now.AddHours(1),
                RandomNumberGenerator.GetBytes(16)
            );
            return leaf.CopyWithPrivateKey(key);
        }
    }
}
