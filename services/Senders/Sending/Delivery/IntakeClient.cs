using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Partner.DatadogClient;
using Partner.Egress;
using Partner.Sending.Upstream;

namespace Partner.Sending.Delivery;

/// <summary>One request to Datadog, through the guard of Egress, and what it came to.</summary>
internal sealed class IntakeClient(HttpClient http, Sender sender)
{
    private const int MaxAnswer = 2_000;

    /// <summary>A wait of this length or more is ignored, and the schedule's is taken.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    // About the ratio at which telemetry compresses; a buffer that has to grow is copied, and its large predecessors
    // are garbage.
    private const int UsualRatio = 4;

    /// <param name="items">Their bytes, in order.</param>
    public async Task<(Outcome Outcome, int? Status)> SendAsync(
        Destination destination,
        BatchTarget target,
        IReadOnlyList<ReadOnlyMemory<byte>> items,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"https://{destination.Sink.Host}{target.PathAndQuery}"
        );
        request.Headers.Add("DD-API-KEY", destination.Key.Reveal());
        foreach (var (name, value) in target.Headers)
        {
            request.Headers.Add(name, value);
        }

        if (Compress(target, items, destination.Sink.Encode) is not { } compressed)
        {
            // Sent without it, it would be told as delivered.
            return (new Outcome.Malformed("An item holds nothing that this intake takes."), null);
        }

        if (compressed.Length > sender.Limits.MaxWireBytes && items.Count > 1)
        {
            return (new Outcome.Split($"Compressed it has {compressed.Length} bytes."), null);
        }

        request.Content = new StreamContent(compressed);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(target.ContentType);
        request.Content.Headers.ContentEncoding.Add(target.ContentEncoding);
        try
        {
            using var response = await http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken
            );
            var answer = new IntakeAnswer(
                response.StatusCode,
                RetryAfter(response.Headers),
                response.IsSuccessStatusCode ? "" : await ReadAsync(response, cancellationToken)
            );
            return (sender.Classify(answer), (int)response.StatusCode);
        }
        catch (EgressRefusedException exception)
        {
            return (new Outcome.Retry(null, exception.Message, OfPlace: true), null);
        }
        catch (HttpRequestException exception)
        {
            var mayHaveArrived = exception.MayHaveArrived();
            return (
                new Outcome.Retry(null, $"{exception.HttpRequestError}", mayHaveArrived, OfPlace: !mayHaveArrived),
                null
            );
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            return (new Outcome.Retry(null, "No answer in time", Unknown: true), null);
        }
    }

    // Null: of an item nothing is left in the sink's form, as of a malformed one that is sent again.
    private static MemoryStream? Compress(
        BatchTarget target,
        IReadOnlyList<ReadOnlyMemory<byte>> items,
        Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> encode
    )
    {
        var compressed = new MemoryStream(1_024 + (items.Sum(item => item.Length) / UsualRatio));
        using (
            Stream compressor =
                target.ContentEncoding == "deflate"
                    ? new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
                    : new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
        )
        {
            compressor.Write(target.Prefix.Span);
            for (var i = 0; i < items.Count; i++)
            {
                compressor.Write(i == 0 ? default : target.Separator.Span);
                var encoded = encode(items[i]).Span;
                if (encoded.IsEmpty)
                {
                    return null;
                }

                compressor.Write(encoded);
            }

            compressor.Write(target.Suffix.Span);
        }

        compressed.Position = 0;
        return compressed;
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxAnswer];
        var read = await body.ReadAtLeastAsync(buffer, MaxAnswer, throwOnEndOfStream: false, cancellationToken);
        return AnswerText.Masked(Encoding.UTF8.GetString(buffer, 0, read), isCut: read == MaxAnswer);
    }

    private static TimeSpan? RetryAfter(HttpResponseHeaders headers) =>
        RateLimitHeaders.WaitIn(headers, LongestWait) is { } wait && wait < LongestWait ? wait : null;
}
