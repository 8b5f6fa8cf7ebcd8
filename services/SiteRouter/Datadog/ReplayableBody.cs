using Microsoft.AspNetCore.Http.Features;

namespace Partner.SiteRouter.Datadog;

/// <summary>A request's body that can be sent a second time, as long as it is short; a longer one is streamed.</summary>
internal sealed class ReplayableBody
{
    /// <summary>Longer ones are not kept.</summary>
    public const int MaxLength = 262_144;

    /// <summary>Of a body that does not say how long it is; most are short.</summary>
    private const int FirstBuffer = 4_096;
    private const int Growth = 8;

    private readonly HttpRequest _request;
    private readonly byte[]? _kept;

    private ReplayableBody(HttpRequest request, byte[]? kept) => (_request, _kept) = (request, kept);

    public bool CanReplay => _kept is not null;

    /// <summary>All of it; null for a long one.</summary>
    public ReadOnlyMemory<byte>? Kept => _kept?.AsMemory();

    public static async Task<ReplayableBody> TakeAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // Reads rarely have one.
        if (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return Keep(request, []);
        }

        // One byte more than there may be: a full buffer is not yet the end.
        var buffer = new byte[request.ContentLength is { } length ? Math.Min(length, MaxLength) + 1 : FirstBuffer];
        var count = 0;
        while (true)
        {
            count += await request.Body.ReadAtLeastAsync(
                buffer.AsMemory(count),
                buffer.Length - count,
                throwOnEndOfStream: false,
                cancellationToken
            );
            if (count < buffer.Length)
            {
                return Keep(request, buffer[..count]);
            }

            if (count > MaxLength)
            {
                request.Body = new Resumed(buffer, request.Body);
                return new ReplayableBody(request, null);
            }

            Array.Resize(ref buffer, Math.Min(buffer.Length * Growth, MaxLength + 1));
        }
    }

    private static ReplayableBody Keep(HttpRequest request, byte[] kept)
    {
        var body = new ReplayableBody(request, kept);
        body.Rewind();
        return body;
    }

    public void Rewind() => _request.Body = new MemoryStream(_kept!, writable: false);

    /// <summary>The part of a stream that was read, and the rest of it.</summary>
    private sealed class Resumed(ReadOnlyMemory<byte> start, Stream rest) : ForwardOnlyStream
    {
        private ReadOnlyMemory<byte> _start = start;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_start.IsEmpty)
            {
                return rest.ReadAsync(buffer, cancellationToken);
            }

            var count = Math.Min(buffer.Length, _start.Length);
            _start[..count].CopyTo(buffer);
            _start = _start[count..];
            return ValueTask.FromResult(count);
        }
    }
}
