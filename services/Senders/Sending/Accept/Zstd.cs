using System.Runtime.InteropServices;

namespace Partner.Sending.Accept;

/// <summary>
/// Decompresses zstd with the system's libzstd.so.1, where it is installed: no managed package is to be had
/// everywhere. https://facebook.github.io/zstd/zstd_manual.html, "Streaming decompression".
/// </summary>
internal sealed class Zstd : Stream
{
    private const string Library = "libzstd.so.1";
    private const int WindowLogMaxParameter = 100;

    // 8 MB (RFC 8878 3.1.1.1.2 asks decoders for that much); the library's own 128 MB would be an amplifier.
    private const int WindowLogMax = 23;

    private readonly Stream _source;
    private readonly byte[] _input = new byte[64 * 1024];
    private readonly byte[] _output = new byte[64 * 1024];
    private nint _context;
    private bool _inFrame;
    private int _inputAt;
    private int _inputLength;

    public Zstd(Stream source)
    {
        _source = source;
        _context = ZSTD_createDCtx();
        _ = ZSTD_DCtx_setParameter(_context, WindowLogMaxParameter, WindowLogMax);
    }

    public static bool IsAvailable { get; } = NativeLibrary.TryLoad(Library, out _);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var written = Decompress(buffer.Span);
            if (written > 0)
            {
                return written;
            }

            _inputAt = 0;
            _inputLength = await _source.ReadAsync(_input, cancellationToken);
            if (_inputLength == 0)
            {
                return _inFrame ? throw new InvalidDataException("The zstd frame is cut off.") : 0;
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _ = ZSTD_freeDCtx(_context);
        _context = 0;
        base.Dispose(disposing);
    }

    private int Decompress(Span<byte> wanted)
    {
        var outBuffer = new Buffer { Size = (nuint)Math.Min(wanted.Length, _output.Length) };
        var inBuffer = new Buffer { Size = (nuint)_inputLength, Position = (nuint)_inputAt };
        var inPin = GCHandle.Alloc(_input, GCHandleType.Pinned);
        var outPin = GCHandle.Alloc(_output, GCHandleType.Pinned);
        nuint left;
        try
        {
            inBuffer.Address = inPin.AddrOfPinnedObject();
            outBuffer.Address = outPin.AddrOfPinnedObject();
            left = ZSTD_decompressStream(_context, ref outBuffer, ref inBuffer);
        }
        finally
        {
            inPin.Free();
            outPin.Free();
        }

        if (ZSTD_isError(left) != 0)
        {
            throw new InvalidDataException("Not zstd.");
        }

        var written = (int)outBuffer.Position;
        if (written > 0 || (int)inBuffer.Position > _inputAt)
        {
            _inFrame = left != 0;
        }

        _inputAt = (int)inBuffer.Position;
        _output.AsSpan(0, written).CopyTo(wanted);
        return written;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public nint Address;
        public nuint Size;
        public nuint Position;
    }

    [DllImport(Library)]
    private static extern nint ZSTD_createDCtx();

    [DllImport(Library)]
    private static extern nuint ZSTD_freeDCtx(nint context);

    [DllImport(Library)]
    private static extern nuint ZSTD_DCtx_setParameter(nint context, int parameter, int value);

    [DllImport(Library)]
    private static extern nuint ZSTD_decompressStream(nint context, ref Buffer output, ref Buffer input);

    [DllImport(Library)]
    private static extern uint ZSTD_isError(nuint code);
}
