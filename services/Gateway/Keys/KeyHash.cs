using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Gateway.Keys;

/// <summary>
/// SHA-256 of an ingest key, and the key of the table. An ordinary look-up is safe although its time may tell
/// something of the hashes compared: the client chooses a preimage, not the hash, and the key behind a hash has 128
/// random bits (security 38 is about comparing the secrets themselves).
/// </summary>
internal readonly record struct KeyHash(UInt128 High, UInt128 Low)
{
    private const int Digits = 32;

    /// <summary>
    /// False for what no ingest key looks like: 32 lower-case hexadecimal digits, of a client token with its mark before
    /// them.
    /// </summary>
    public static bool TryOfKey([NotNullWhen(true)] string? key, out KeyHash hash)
    {
        hash = default;
        if (key is null)
        {
            return false;
        }

        var digits = key.AsSpan(ClientToken.IsOne(key) ? ClientToken.Mark.Length : 0);
        if (digits.Length != Digits || digits.ContainsAnyExcept("0123456789abcdef"))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[key.Length];
        Encoding.ASCII.GetBytes(key, bytes);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        hash = Of(digest);
        return true;
    }

    public static KeyHash Parse(string hex) => Of(Convert.FromHexString(hex));

    private static KeyHash Of(ReadOnlySpan<byte> digest) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
}
