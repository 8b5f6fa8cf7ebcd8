using System.Buffers.Binary;
using Microsoft.Net.Http.Headers;
using Code = Google.Rpc.Code;

namespace Partner.Gateway.Grpc;

/// <summary>
/// The one message of a unary request, without its prefix of a flag and a length. The last of it is handed out only
/// when the body has ended behind it: a service must not take what the client is told is malformed.
/// </summary>
internal sealed class GrpcMessage(Stream body, int length) : ForwardOnlyStream
{
    public const int PrefixLength = 5;
    public const string Protobuf = "application/x-protobuf";

    /// <summary>What senders decompress, by names that gRPC and HTTP share.</summary>
    public const string Encodings = "identity, gzip, deflate, zstd";

    private static readonly string[] OfTheCall =
    [
        HeaderNames.ContentEncoding,
        HeaderNames.GrpcEncoding,
        HeaderNames.GrpcAcceptEncoding,
        HeaderNames.GrpcTimeout,
        HeaderNames.TE,
    ];

    private static readonly HttpRejection NoEncoding = new(
        StatusCodes.Status400BadRequest,
        "A compressed message has a grpc-encoding.",
        // By https://github.com/grpc/grpc/blob/master/doc/compression.md, the last of its test cases.
        Grpc: Code.Internal
    );

    private static readonly HttpRejection UnknownEncoding = new(
        StatusCodes.Status415UnsupportedMediaType,
        $"grpc-encoding is not one of {Encodings}."
    );

    private int _left = length;

    /// <summary>Reads the prefix, and makes of the request one of OTLP over HTTP. Not null: why there is none.</summary>
    /// <exception cref="BadHttpRequestException">The server refuses the body.</exception>
    public static async Task<HttpRejection?> UnwrapAsync(HttpRequest request, long most, CancellationToken cancellation)
    {
        var prefix = new byte[PrefixLength];
        if (
            await request.Body.ReadAtLeastAsync(prefix, PrefixLength, throwOnEndOfStream: false, cancellation)
                < PrefixLength
            || prefix[0] > 1
        )
        {
            return Malformed("The body does not begin with the prefix of a gRPC message.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (length > most)
        {
            return HttpRejection.TooLarge;
        }

        var encoding = prefix[0] == 0 ? "" : request.Headers.GrpcEncoding.ToString().ToLowerInvariant();
        if (prefix[0] == 1 && encoding is "" or "identity")
        {
            return NoEncoding;
        }

        if (encoding is not ("" or "gzip" or "deflate" or "zstd"))
        {
            return UnknownEncoding;
        }

        var message = new GrpcMessage(request.Body, (int)length);
        if (length == 0)
        {
            await message.EndAsync(cancellation);
        }

        request.Body = message;
        request.ContentType = Protobuf;
        request.ContentLength = length;
        foreach (var name in OfTheCall)
        {
            request.Headers.Remove(name);
        }

        if (encoding.Length > 0)
        {
            request.Headers.ContentEncoding = encoding;
        }

        return null;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.Length == 0)
        {
            return 0;
        }

        var read = await body.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
        if (read == 0)
        {
            throw new GrpcMessageException("The body ends within its gRPC message.");
        }

        _left -= read;
        if (_left == 0)
        {
            await EndAsync(cancellationToken);
        }

        return read;
    }

    private static HttpRejection Malformed(string text) => new(StatusCodes.Status400BadRequest, text);

    private async Task EndAsync(CancellationToken cancellation)
    {
        if (await body.ReadAsync(new byte[1], cancellation) > 0)
        {
            throw new GrpcMessageException("The body goes on behind its gRPC message; the method takes one.");
        }
    }
}

/// <summary>The body is not one message; the text is for the client.</summary>
internal sealed class GrpcMessageException(string text) : BadHttpRequestException(text);
