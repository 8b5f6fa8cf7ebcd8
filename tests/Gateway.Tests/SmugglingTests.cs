namespace Partner.Gateway.Tests;

public sealed class SmugglingTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Theory]
    [Trait("security", "46")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 100\r\n\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]x")]
    [InlineData("Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]")]
    [InlineData("Content-Length: 2, 3\r\n\r\n[]x")]
    [InlineData("Content-Length: -1\r\n\r\n[]")]
    [InlineData("Content-Length : 2\r\n\r\n[]")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nZZ\r\n[]\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n-2\r\n[]\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\n[]XX0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n[]\r\n0\r\n\r\n")]
    [InlineData("X-A: b\r\n Content-Length: 2\r\n\r\n[]")]
    [InlineData("X-A: b\0c\r\nContent-Length: 2\r\n\r\n[]")]
    public async Task AmbiguousFramingIsRefused(string rest)
    {
        var (key, _) = await host.NewKeyAsync();
        var before = host.Sender.Requests.Count;

        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"POST /api/v2/logs HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\n{rest}"
        );

        Assert.Equal("HTTP/1.1 400 Bad Request", answer.Split("\r\n")[0]);
        Assert.Equal(before, host.Sender.Requests.Count);
    }

    [Theory]
    [Trait("security", "46")]
    [InlineData("X-Filler: {0}", 40_000)]
    [InlineData("{0}: x", 40_000)]
    public async Task OversizedHeadersAreRefused(string header, int length)
    {
        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"POST /api/v2/logs HTTP/1.1\r\nHost: x\r\n{string.Format(header, new string('a', length))}\r\nContent-Length: 0\r\n\r\n"
        );

        Assert.Equal("HTTP/1.1 431 Request Header Fields Too Large", answer.Split("\r\n")[0]);
    }

    [Fact]
    public async Task NonsenseInConnectionIsNoErrorOfOurs()
    {
        var (key, _) = await host.NewKeyAsync();

        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"POST /api/v2/logs HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\nConnection: a b, @, , :x\r\nContent-Length: 2\r\n\r\n[]"
        );

        Assert.StartsWith("HTTP/1.1 202 ", answer);
    }
}
