using System.Buffers;
using System.IO.Compression;

namespace Partner.Sending.Accept;

/// <summary>
/// Reads and decompresses a body into one pooled buffer. It stops at the limit, however much more the compressed
/// bytes would unfold to, and after a time, however steadily they trickle in (F31, security 46).
/// </summary>
internal sealed class BodyReader(MemoryBudget budget, TimeProvider time, TimeSpan timeout)
{
    private const int FirstBuffer = 16 * 1024;
    private const int PresetDictionary = 0x20;

    /// <summary>For what is made of a body; it is paid for as the body is.</summary>
    public MemoryCharge NewCharge() => new(budget);

    /// <returns>The body, or why there is none.</returns>
    public async Task<(PooledBody? Body, BodyRejection? Refusal)> ReadAsync(
        HttpRequest request,
        int limit,
        CancellationToken cancellationToken
    )
    {
        if (request.ContentLength > limit)
        {
            await DrainAsync(request, cancellationToken);
            return (null, TooLarge(limit));
        }

        var body = new PooledBody(budget);
        using var late = new CancellationTokenSource(timeout, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            var stream = await DecompressAsync(request, over.Token);
            // The body itself is the server's; a refused one is read on.
            await using var own = stream == request.Body ? null : stream;
            var refusal = stream is null
                ? new BodyRejection(
                    StatusCodes.Status415UnsupportedMediaType,
                    $"Content-Encoding is not one of {Supported}."
                )
                : await FillAsync(body, stream, limit, over.Token);
            if (refusal is null)
            {
                return (body, null);
            }

            body.Dispose();
            await DrainAsync(request, over.Token);
            return (null, refusal);
        }
        catch (InvalidDataException)
        {
            body.Dispose();
            await DrainAsync(request, over.Token);
            return (
                null,
                new BodyRejection(StatusCodes.Status400BadRequest, "The body is not what its Content-Encoding says.")
            );
        }
        catch (OperationCanceledException)
            when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            body.Dispose();
            return (
                null,
                new BodyRejection(
                    StatusCodes.Status408RequestTimeout,
                    $"The body took longer than {timeout.TotalSeconds} s."
                )
            );
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads the rest of a body that is refused, before it is: a proxy, and many a client, looks for the answer only
    /// when all is sent, and the server itself reads on for no more than some seconds. Bounded by the most that the
    /// server takes of this request, and by the time that a body has.
    /// </summary>
    public async Task DrainAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            while (await request.Body.ReadAsync(buffer, over.Token) > 0) { }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // It is refused all the same.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private const string Supported = "identity, gzip, deflate, zstd";

    private static async Task<BodyRejection?> FillAsync(
        PooledBody body,
        Stream stream,
        int limit,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            if (body.Free.Length == 0 && !body.TryGrow(FirstBuffer, limit + 1))
            {
                // The bytes are copied into the larger buffer, so both buffers are paid for at once.
                return body.Length + Math.Max(FirstBuffer, 2L * body.Length) > body.Budget
                    ? TooLarge((int)(body.Budget / 3))
                    : new BodyRejection(
                        StatusCodes.Status503ServiceUnavailable,
                        "Too many large requests at once; try again."
                    );
            }

            var read = await stream.ReadAsync(body.Free, cancellationToken);
            if (read == 0)
            {
                return null;
            }

            body.Length += read;
            if (body.Length > limit)
            {
                return TooLarge(limit);
            }
        }
    }

    private static async Task<Stream?> DecompressAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        switch (request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant())
        {
            case "" or "identity":
                return request.Body;
            case "gzip" or "x-gzip":
                return new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
            case "deflate":
                // RFC 9110 8.4.1.2 means zlib; some clients send raw deflate.
                var start = await request.BodyReader.ReadAtLeastAsync(2, cancellationToken);
                var zlib = IsZlib(start.Buffer);
                request.BodyReader.AdvanceTo(start.Buffer.Start);
                var source = request.BodyReader.AsStream(leaveOpen: true);
                return zlib
                    ? new ZLibStream(source, CompressionMode.Decompress)
                    : new DeflateStream(source, CompressionMode.Decompress);
            // Datadog's name for it in metrics v2 is zstd1 (datadog-facts 3.2).
            case "zstd" or "zstd1":
                return new Zstd(request.Body);
            default:
                return null;
        }
    }

    // RFC 1950 2.2: method 8, and the two bytes are a multiple of 31. With a preset dictionary this service could not
    // read it (text that starts with "x " looks like that, and the runtime then throws an exception that no caller can
    // tell from a lost connection).
    private static bool IsZlib(ReadOnlySequence<byte> start)
    {
        if (start.Length < 2)
        {
            return false;
        }

        Span<byte> head = stackalloc byte[2];
        start.Slice(0, 2).CopyTo(head);
        return (head[0] & 0x0F) == 8 && ((head[0] << 8) | head[1]) % 31 == 0 && (head[1] & PresetDictionary) == 0;
    }

    private static BodyRejection TooLarge(int limit) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The payload exceeds {limit} bytes uncompressed.");
}

/// <summary>A growing buffer of the shared pool, paid for from a budget.</summary>
internal sealed class PooledBody(MemoryBudget budget) : IDisposable
{
    private byte[] _buffer = [];

    public int Length { get; set; }

    /// <summary>Of all bodies.</summary>
    public long Budget => budget.Limit;

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Length);

    public Memory<byte> Free => _buffer.AsMemory(Length);

    /// <summary>Doubles, up to <paramref name="most"/>; the pool may give more, which is paid for too.</summary>
    public bool TryGrow(int first, int most)
    {
        var bigger = ArrayPool<byte>.Shared.Rent(Math.Min(most, Math.Max(first, _buffer.Length * 2)));
        if (!budget.TryTake(bigger.Length))
        {
            ArrayPool<byte>.Shared.Return(bigger);
            return false;
        }

        _buffer.AsSpan(0, Length).CopyTo(bigger);
        Return();
        _buffer = bigger;
        return true;
    }

    public void Dispose()
    {
        Return();
        _buffer = [];
        Length = 0;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            budget.Give(_buffer.Length);
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }
}
