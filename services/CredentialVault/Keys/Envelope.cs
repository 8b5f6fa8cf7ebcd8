using System.Security.Cryptography;
using System.Text;

namespace Partner.CredentialVault.Keys;

/// <summary>
/// AES-256-GCM (NIST SP 800-38D) with a fresh random nonce: format (1 byte), nonce (12), tag (16), ciphertext. Own
/// code beside ASP.NET Core's data protection: each owner has a key of its own, which can be shredded, and a value
/// opens only in its place.
/// </summary>
internal static class Envelope
{
    public const int KeyBytes = 32;

    private const byte Format = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = 1 + NonceBytes + TagBytes;

    /// <param name="place">Where the result stands; it opens nowhere else (security 31).</param>
    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, string place)
    {
        var sealedBytes = new byte[HeaderBytes + plaintext.Length];
        sealedBytes[0] = Format;
        var nonce = sealedBytes.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(
            nonce,
            plaintext,
            sealedBytes.AsSpan(HeaderBytes),
            sealedBytes.AsSpan(1 + NonceBytes, TagBytes),
            Encoding.UTF8.GetBytes(place)
        );
        return sealedBytes;
    }

    /// <exception cref="CryptographicException">Other key, other place, or changed.</exception>
    public static byte[] Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sealedBytes, string place)
    {
        if (sealedBytes.Length < HeaderBytes || sealedBytes[0] != Format)
        {
            throw new CryptographicException("Not an envelope.");
        }

        var plaintext = new byte[sealedBytes.Length - HeaderBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(
            sealedBytes.Slice(1, NonceBytes),
            sealedBytes[HeaderBytes..],
            sealedBytes.Slice(1 + NonceBytes, TagBytes),
            plaintext,
            Encoding.UTF8.GetBytes(place)
        );
        return plaintext;
    }
}
