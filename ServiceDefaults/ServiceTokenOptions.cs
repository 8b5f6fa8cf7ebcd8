using System.ComponentModel.DataAnnotations;

namespace Partner.ServiceDefaults;

/// <summary>
/// The identity of this service, and which services may call it for what. There is no default: a service without its
/// key does not start, one without callers answers no service.
/// </summary>
internal sealed class ServiceTokenOptions
{
    public const string SectionName = "ServiceTokens";

    /// <summary>This service's name: issuer of the tokens it sends, audience of those it accepts.</summary>
    [Required]
    public string Name { get; init; } = "";

    /// <summary>EC P-256 private key, PKCS#8, base64.</summary>
    [Required]
    public string PrivateKey { get; init; } = "";

    public Dictionary<string, Caller> Callers { get; init; } = [];

    /// <summary>How long a token lives (security 44).</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:05:00")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Difference between two hosts' clocks that is forgiven.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(10);

    internal sealed class Caller
    {
        /// <summary>SubjectPublicKeyInfo, base64.</summary>
        [Required]
        public string PublicKey { get; init; } = "";

        public string[] Permissions { get; init; } = [];
    }
}
