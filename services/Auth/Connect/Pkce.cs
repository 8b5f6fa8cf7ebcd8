using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Auth.Connect;

/// <summary>S256 and nothing else (RFC 7636 4.2; security 7, 8).</summary>
internal static class Pkce
{
    public const string Method = "S256";

    public static string NewVerifier() => OpaqueTokens.New();

    public static string ChallengeOf(string verifier) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
}
