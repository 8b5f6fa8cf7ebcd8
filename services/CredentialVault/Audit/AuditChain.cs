using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Partner.CredentialVault.Audit;

/// <summary>One record as it is stored, without its mac.</summary>
/// <param name="Details">JSON object; its characters outside plain ASCII are escaped, so no line can be forged.</param>
/// <param name="KeyOwner">The owner whose data key makes the mac.</param>
internal sealed record AuditRecord(
    AuditChainId Connection,
    long Seq,
    DateTimeOffset At,
    string Event,
    string Service,
    string Actor,
    string Details,
    string KeyOwner
);

/// <summary>The end of a chain, as its own row states it.</summary>
internal sealed record AuditHead(long Seq, byte[] Mac, byte[] HeadMac);

/// <summary>The macs that make records a chain. Nothing here reads or writes.</summary>
internal static class AuditChain
{
    /// <summary>
    /// Written where an append finds that the chain's end is not what it left there: the break stays visible, and the
    /// next records are not held up by it.
    /// </summary>
    public const string TamperedEvent = "audit.tampered";

    public static readonly byte[] Start = new byte[SHA256.HashSizeInBytes];

    public static byte[] Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> before, AuditRecord record)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(before);
        Append(hmac, "record");
        Append(hmac, record.Connection.Text);
        Append(hmac, record.Seq);
        Append(hmac, record.At.UtcTicks);
        Append(hmac, record.Event);
        Append(hmac, record.Service);
        Append(hmac, record.Actor);
        Append(hmac, record.Details);
        Append(hmac, record.KeyOwner);
        return hmac.GetHashAndReset();
    }

    public static byte[] HeadMac(ReadOnlySpan<byte> key, AuditChainId connection, long seq, ReadOnlySpan<byte> mac)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(mac);
        Append(hmac, "head");
        Append(hmac, connection.Text);
        Append(hmac, seq);
        return hmac.GetHashAndReset();
    }

    /// <summary>Whether the head is genuine and says that the chain ends with this record.</summary>
    public static bool EndsAt(
        ReadOnlySpan<byte> key,
        AuditChainId connection,
        AuditHead? head,
        long seq,
        byte[]? mac
    ) =>
        head is null
            ? seq == 0
            : head.Seq == seq
                && CryptographicOperations.FixedTimeEquals(head.Mac, mac)
                && CryptographicOperations.FixedTimeEquals(head.HeadMac, HeadMac(key, connection, seq, head.Mac));

    /// <summary>Postgres keeps microseconds: the mac must not know more than the row.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % 10), TimeSpan.Zero);

    // Lengths go before the text, so that no two records read the same.
    private static void Append(IncrementalHash hmac, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Append(hmac, bytes.Length);
        hmac.AppendData(bytes);
    }

    private static void Append(IncrementalHash hmac, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hmac.AppendData(bytes);
    }
}
