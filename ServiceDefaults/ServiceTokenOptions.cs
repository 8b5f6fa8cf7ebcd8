using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;

namespace Partner.ServiceDefaults;

/// <summary>
/// The identity of this service, and which services may call it for what. There is no default: a service without its
/// key does not start, one without callers answers no service.
/// </summary>
internal sealed class ServiceTokenOptions : IValidatableObject
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

    /// <summary>A key that is none stops the start: it would be found at the first call, as a refusal.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsP256(PrivateKey, (key, bytes) => key.ImportPkcs8PrivateKey(bytes, out _)))
        {
            yield return new ValidationResult($"{SectionName}:PrivateKey is no EC P-256 key in PKCS#8, base64.");
        }

        foreach (var (name, caller) in Callers)
        {
            var keys = caller.PublicKeys();
            if (
                keys.Length == 0
                || !keys.All(text => IsP256(text, (key, bytes) => key.ImportSubjectPublicKeyInfo(bytes, out _)))
            )
            {
                yield return new ValidationResult(
                    $"{SectionName}:Callers:{name}:PublicKey is no EC P-256 SubjectPublicKeyInfo, base64, nor several "
                        + "with spaces between."
                );
            }
        }
    }

    private static bool IsP256(string text, Action<ECDsa, byte[]> import)
    {
        try
        {
            using var key = ECDsa.Create();
            import(key, Convert.FromBase64String(text));
            return key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value
                == ECCurve.NamedCurves.nistP256.Oid.Value;
        }
        catch (Exception wrong) when (wrong is FormatException or CryptographicException)
        {
            return false;
        }
    }

    internal sealed class Caller
    {
        /// <summary>
        /// SubjectPublicKeyInfo, base64; while the caller's pair is changed the new and the old one, with white space
        /// between. It is one value so that whoever holds one key today holds two in the same place.
        /// </summary>
        [Required]
        public string PublicKey { get; init; } = "";

        public string[] Permissions { get; init; } = [];

        /// <summary>Each of <see cref="PublicKey"/>; a token by any of them is the caller's.</summary>
        public string[] PublicKeys() => PublicKey.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }
}
