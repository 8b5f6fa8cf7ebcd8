using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Auth;

/// <summary>Tokens that a browser or a partner holds, and that we know by their hash only.</summary>
internal static class OpaqueTokens
{
    /// <summary>256 bits in base64url: 43 characters, which RFC 7636 4.1 takes as a verifier too.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>
    /// A hash without salt is enough for 128 random bits and more, and lookups by it tell a timing attacker nothing
    /// about the handle.
    /// </summary>
    public static string Hash(string handle) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(handle)));

    /// <summary>Constant time (security 38).</summary>
    public static bool SameHash(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(a), Encoding.ASCII.GetBytes(b));
}
