using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Partner.Gateway.PartnerApi;

/// <summary>The bearer credentials of the partner's own backend and staff, by name.</summary>
internal sealed class PartnerCredentialsOptions : Dictionary<string, PartnerCredentialOptions>
{
    public const string SectionName = "PartnerCredentials";
    private const int MinTokenLength = 32;

    public bool IsValid() =>
        Count > 0 && Values.All(c => c.Token.Length >= MinTokenLength && PartnerRoles.All.Contains(c.Role));
}

internal sealed class PartnerCredentialOptions
{
    public string Token { get; init; } = "";

    /// <summary><c>reader</c>, <c>operator</c> or <c>admin</c>; the services decide what each may do.</summary>
    public string Role { get; init; } = "";
}

internal static class PartnerRoles
{
    public const string Reader = "reader";

    public static readonly string[] All = [Reader, "operator", "admin"];
}

internal sealed record PartnerCredential(string Name, string Role);

/// <summary>Finds a credential by its token, in the same time for every token (security 38).</summary>
internal sealed class PartnerCredentials(IOptions<PartnerCredentialsOptions> options)
{
    private const string Scheme = "Bearer ";

    private readonly (byte[] Hash, PartnerCredential Credential)[] _credentials =
        [.. options.Value.Select(c => (Hash(c.Value.Token), new PartnerCredential(c.Key, c.Value.Role)))];

    public PartnerCredential? Find(string? authorization)
    {
        if (authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) != true)
        {
            return null;
        }

        var presented = Hash(authorization[Scheme.Length..].Trim());
        PartnerCredential? found = null;
        foreach (var (hash, credential) in _credentials)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, presented) ? credential : found;
        }

        return found;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
