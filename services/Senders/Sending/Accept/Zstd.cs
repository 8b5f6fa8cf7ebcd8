using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Partner.Sending.Accept;

/// <summary>
/// Decompresses zstd; a body that is not zstd, or is cut off, is <see cref="InvalidDataException"/> as with the others.
/// </summary>
internal sealed class Zstd : ForwardOnlyStream
{
    // 8 MB (RFC 8878 3.1.1.1.2 asks decoders for that much); the library's own 128 MB would be an amplifier.
    private const int WindowLogMax = 23;

    private readonly DecompressionStream _stream;

    public Zstd(Stream source)
    {
        _stream = new DecompressionStream(source, checkEndOfStream: true);
        _stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, WindowLogMax);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _stream.ReadAsync(buffer, cancellationToken);
        }
        catch (ZstdException malformed)
        {
            throw new InvalidDataException("Not zstd.", malformed);
        }
        catch (EndOfStreamException)
        {
            // An IOException would be told as a connection that broke.
            throw new InvalidDataException("The zstd frame is cut off.");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }
}
