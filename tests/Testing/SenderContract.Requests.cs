using System.IO.Compression;
using System.Net;
using System.Text;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Xunit;

namespace Partner.Testing;

/// <summary>What comes of a request: replies, dead letters, encodings, and who may send at all.</summary>
public abstract partial class SenderContract
{
    [Fact]
    public async Task ValidRequestsAreAnsweredAsDatadogDoes()
    {
        foreach (var (path, success, body) in ValidRequests)
        {
            using var response = await PostAsync(path, body);
            Assert.Equal(
                (success, AnswerTypeOf(path)),
                (response.StatusCode, response.Content.Headers.ContentType?.MediaType)
            );
        }
    }

    [Fact]
    public async Task BadRequestsAreAnsweredInTheShapeOfTheirPath()
    {
        foreach (var (path, status, body, answer) in BadRequests)
        {
            using var response = await PostAsync(path, body);
            Assert.Equal((status, answer), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        Assert.Equal(NoDeliveries, await DeliveriesAsync());
    }

    [Fact]
    public void EachRowOfItsReadmeHasARequestAndEachRequestItsRow() =>
        Assert.Equal(
            RequestTable.Read(Readme).Keys.Order(StringComparer.Ordinal),
            Cases.Select(c => c.Row).Distinct().Order(StringComparer.Ordinal)
        );

    [Fact]
    public async Task ItsReadmeSaysWhatComesOfARequest()
    {
        var table = RequestTable.Read(Readme);
        foreach (var request in Cases)
        {
            var row = table[request.Row];
            foreach (var (strict, reply) in new[] { (false, row.Reply), (true, row.Strict) })
            {
                var connection = ConnectionId.New();
                using var response = await SendAsync(
                    request.Method,
                    request.Path,
                    _gateway.TokenFor(Name, new ServiceClaims(connection.Text, strict)),
                    request.NewContent()
                );
                var body = await response.Content.ReadAsStringAsync();
                Assert.Equal(
                    $"{request.Row} (strict: {strict}): {reply.Status} {(reply.Status < 300 ? row.DeadLetter : "")}",
                    $"{request.Row} (strict: {strict}): {(int)response.StatusCode} {await DeadLettersAsync(connection)}"
                );
                Assert.Contains(reply.Detail, body, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task TheSameKeyGetsTheSameAnswerAndIsDoneOnce()
    {
        foreach (var (number, (path, success, body)) in ValidRequests.Index())
        {
            var answers = new List<(HttpStatusCode, string?, string)>();
            for (var i = 0; i < 2; i++)
            {
                var content = new StringContent(body, Encoding.UTF8, "application/json");
                content.Headers.TryAddWithoutValidation("Idempotency-Key", $"key-{number}");
                using var response = await PostAsync(path, content);
                answers.Add(
                    (
                        response.StatusCode,
                        response.Content.Headers.ContentType?.ToString(),
                        await response.Content.ReadAsStringAsync()
                    )
                );
            }

            Assert.Equal(success, answers[0].Item1);
            Assert.Equal(answers[0], answers[1]);
        }

        Assert.StartsWith($"{{\"accepted\":{ValidRequests.Length},", await DeliveriesAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("fault", "F31")]
    public async Task WhatIsTooLargeIsRefusedHoweverSmallItIsPacked()
    {
        var tooLarge = BadRequests.Where(r => r.Status == HttpStatusCode.RequestEntityTooLarge).ToList();
        Assert.NotEmpty(tooLarge);
        foreach (var (path, status, body, answer) in tooLarge)
        {
            using var response = await PostAsync(path, Encode(Pack(body), "gzip"));
            Assert.Equal((status, answer), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        Assert.Equal(NoDeliveries, await DeliveriesAsync());
    }

    [Fact]
    public async Task ABodyMayBePackedButOnlyAsDatadogTakesIt()
    {
        foreach (var (path, success, body) in ValidRequests)
        {
            using var response = await PostAsync(path, Encode(Pack(body), "gzip"));
            Assert.Equal(success, response.StatusCode);
            using var unknown = await PostAsync(path, Encode(Encoding.UTF8.GetBytes(body), "br"));
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, unknown.StatusCode);
            Assert.Contains(
                "Content-Encoding is not one of identity, gzip",
                await unknown.Content.ReadAsStringAsync(),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    [Trait("security", "44")]
    public async Task NobodySendsWithoutATokenForThisServiceAndOneConnection()
    {
        foreach (var (path, _, body) in ValidRequests)
        {
            using var anonymous = await _http.PostAsync(Url(path), new StringContent(body));
            using var elsewhere = await SendAsync(
                HttpMethod.Post,
                path,
                _gateway.TokenFor("auth", new(Connection.Text)),
                new StringContent(body)
            );
            using var nobody = await SendAsync(HttpMethod.Post, path, _gateway.TokenFor(Name), new StringContent(body));
            Assert.Equal(
                [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden],
                [anonymous.StatusCode, elsewhere.StatusCode, nobody.StatusCode]
            );
        }

        using var deliveries = await _http.GetAsync(Url(DeliveriesPath));
        Assert.Equal(HttpStatusCode.Unauthorized, deliveries.StatusCode);
        Assert.Equal(NoDeliveries, await DeliveriesAsync());
    }

    [Fact]
    public async Task OtherPathsAndMethodsAreNotThere()
    {
        using var path = await PostAsync("/api/v2/nonsense", "{}");
        using var method = await PostAsync(ValidRequests[0].Path, new StringContent("{}"), method: HttpMethod.Delete);
        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed], [path.StatusCode, method.StatusCode]);
    }

    private static byte[] Pack(string body) => Pack(Encoding.UTF8.GetBytes(body));

    private protected static byte[] Pack(byte[] body) =>
        Pack(body, packed => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true));

    private protected static byte[] Pack(byte[] body, Func<Stream, Stream> pack)
    {
        using var packed = new MemoryStream();
        using (var stream = pack(packed))
        {
            stream.Write(body);
        }

        return packed.ToArray();
    }

    private static ByteArrayContent Encode(byte[] body, string encoding) =>
        new(body) { Headers = { ContentType = new("application/json"), ContentEncoding = { encoding } } };
}
