using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Sending.Deduplication;

/// <summary>
/// Which request of a connection it is, by all that it says: path and query, Content-Type and Content-Encoding, and its
/// bytes, decompressed.
/// </summary>
/// <param name="Hash">The first 128 bits of a SHA-256.</param>
internal readonly record struct DeduplicationId(ConnectionId Connection, UInt128 Hash)
{
    private const int HashBytes = 16;

    public static DeduplicationId Of(
        ConnectionId connection,
        string path,
        HttpRequest request,
        ReadOnlyMemory<byte> body
    )
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var headers = request.Headers;
        // No line break can be in any of them.
        sha256.AppendData(
            Encoding.UTF8.GetBytes($"{path}{request.QueryString}\n{headers.ContentType}\n{headers.ContentEncoding}\n")
        );
        sha256.AppendData(body.Span);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        sha256.GetHashAndReset(hash);
        return new(connection, BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    public static DeduplicationId Read(string connection, byte[] id) =>
        new(ConnectionId.Parse(connection), BinaryPrimitives.ReadUInt128BigEndian(id));

    public byte[] ToBytes()
    {
        var bytes = new byte[HashBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Hash);
        return bytes;
    }
}
