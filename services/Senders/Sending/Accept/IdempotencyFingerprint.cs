using System.Security.Cryptography;
using System.Text;
using Partner.Sending.Waiting;

namespace Partner.Sending.Accept;

/// <summary>Which request it is: the same key of another connection, or on another path, is another.</summary>
/// <param name="RequestHash">Of what was asked for, however it was compressed.</param>
internal sealed record IdempotencyFingerprint(ConnectionId Connection, string Path, string KeyHash, byte[] RequestHash)
{
    public (string Connection, string Path, string KeyHash) Id => (Connection.Text, Path, KeyHash);

    public static IdempotencyFingerprint Of(
        HttpRequest request,
        ConnectionId connection,
        string path,
        ReadOnlyMemory<byte> body
    )
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Whether the sender waits for the delivery does not change what it sends.
        var query = request.Query.Where(p => p.Key != DeliveryWaits.Parameter).Select(p => $"{p.Key}={p.Value}");
        hash.AppendData(Encoding.UTF8.GetBytes($"{string.Join('&', query)}\n"));
        hash.AppendData(body.Span);
        var key = Encoding.UTF8.GetBytes(request.Headers[IdempotencyKey.HeaderName].ToString());
        return new(connection, path, Convert.ToHexStringLower(SHA256.HashData(key)), hash.GetHashAndReset());
    }

    /// <param name="asOf">Set: the answer repeats what was sent, and is not kept.</param>
    public KeptAnswer Answered(int status, string contentType, string answer, DateTimeOffset? asOf = null) =>
        new(this, status, contentType, asOf is null ? answer : "", asOf);
}

/// <summary>The answer to a request, which it gets again when it comes again.</summary>
/// <param name="Answer">The body of a success, the words of a refusal.</param>
/// <param name="AsOf">Set: the answer is made again of the request, as it was made then.</param>
internal sealed record KeptAnswer(
    IdempotencyFingerprint Request,
    int Status,
    string ContentType,
    string Answer,
    DateTimeOffset? AsOf = null
)
{
    /// <summary>The bytes that a row takes beside its answer: hashes, names, its places in two indexes.</summary>
    public const int RowBytes = 500;

    public long Bytes => RowBytes + Answer.Length;
}
