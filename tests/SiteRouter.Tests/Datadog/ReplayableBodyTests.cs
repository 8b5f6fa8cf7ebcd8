using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Partner.SiteRouter.Datadog;

namespace Partner.SiteRouter.Tests.Datadog;

public sealed class ReplayableBodyTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(32_768)]
    [InlineData(ReplayableBody.MaxLength - 1)]
    [InlineData(ReplayableBody.MaxLength)]
    [InlineData(ReplayableBody.MaxLength + 1)]
    [InlineData(1_000_000)]
    public async Task ABodyIsPassedOnWholeAndAShortOneTwice(int length)
    {
        var bytes = Enumerable.Range(0, length).Select(i => (byte)(i % 251)).ToArray();
        foreach (var told in new long?[] { null, length })
        {
            var request = Request(new Reads(bytes), told);
            var body = await ReplayableBody.TakeAsync(request, default);
            Assert.Equal(bytes, await RestAsync(request));
            Assert.Equal(
                (length <= ReplayableBody.MaxLength, length <= ReplayableBody.MaxLength ? length : null),
                (body.CanReplay, body.Kept?.Length)
            );
            if (body.CanReplay)
            {
                body.Rewind();
                Assert.Equal(bytes, await RestAsync(request));
            }
        }
    }

    [Fact]
    public async Task ARequestThatCannotHaveABodyIsNotReadAtAll()
    {
        var stream = new Reads([]);
        var request = Request(stream, null);
        request.HttpContext.Features.Set<IHttpRequestBodyDetectionFeature>(new NoBody());
        var body = await ReplayableBody.TakeAsync(request, default);
        Assert.Equal((true, 0, 0), (body.CanReplay, body.Kept?.Length, stream.Largest));
        Assert.Empty(await RestAsync(request));
    }

    [Fact]
    public async Task AShortBodyThatDoesNotSayItsLengthTakesASmallBuffer()
    {
        var stream = new Reads(new byte[100]);
        await ReplayableBody.TakeAsync(Request(stream, null), default);
        Assert.Equal(4_096, stream.Largest);
    }

    private static HttpRequest Request(Stream body, long? length)
    {
        var request = new DefaultHttpContext().Request;
        (request.Body, request.ContentLength) = (body, length);
        return request;
    }

    private static async Task<byte[]> RestAsync(HttpRequest request)
    {
        var all = new MemoryStream();
        await request.Body.CopyToAsync(all);
        return all.ToArray();
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => false;
    }

    /// <summary>Comes in pieces, as from a network, and knows the largest buffer that it was to fill.</summary>
    private sealed class Reads(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        private const int Piece = 10_007;

        public int Largest { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Largest = Math.Max(Largest, buffer.Length);
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, Piece)], cancellationToken);
        }
    }
}
