namespace Partner.Testing;

/// <summary>What real clients send, by the way that every request of a test takes.</summary>
public abstract partial class SenderContract
{
    /// <summary>Sends an exporter's requests to the sender with a token, and keeps the answers; exporters send and wait.</summary>
    protected sealed class SdkRelay(SenderContract contract) : HttpMessageHandler
    {
        /// <summary>Statuses, and what stood in the bodies.</summary>
        public List<(int Status, byte[] Body)> Answers { get; } = [];

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            SendAsync(request, cancellationToken).GetAwaiter().GetResult();

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            using var body = new MemoryStream();
            await request.Content!.CopyToAsync(body, cancellationToken);
            var content = new ByteArrayContent(body.ToArray())
            {
                Headers = { ContentType = request.Content.Headers.ContentType },
            };
            var response = await contract.PostAsync(request.RequestUri!.AbsolutePath, content);
            Answers.Add(((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken)));
            return response;
        }
    }
}
