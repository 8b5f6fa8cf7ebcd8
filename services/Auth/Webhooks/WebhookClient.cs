using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Partner.Egress;

namespace Partner.Auth.Webhooks;

/// <summary>Posts one message to an endpoint. The endpoint's answer is a status; its body is not read.</summary>
internal sealed class WebhookClient(HttpClient http, TimeProvider time)
{
    /// <summary>The specification proposes 15 to 30 s.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public async Task<WebhookAnswer> SendAsync(
        Uri url,
        string id,
        string type,
        DateTimeOffset occurredAt,
        JsonNode data,
        IReadOnlyList<Secret> secrets,
        CancellationToken cancellationToken
    )
    {
        if (secrets.Count == 0)
        {
            return new WebhookAnswer(null, "no-secret");
        }

        var payload = PayloadOf(type, occurredAt, data);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(payload) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        WebhookSignature.Sign(request, id, time.GetUtcNow(), payload, secrets);
        try
        {
            using var response = await http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken
            );
            return new WebhookAnswer((int)response.StatusCode, null, response.Headers.RetryAfter?.Delta);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new WebhookAnswer(null, SlugOf(exception));
        }
    }

    private static byte[] PayloadOf(string type, DateTimeOffset occurredAt, JsonNode data) =>
        Encoding.UTF8.GetBytes(
            JsonSerializer.Serialize(
                new JsonObject
                {
                    ["type"] = type,
                    ["timestamp"] = occurredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"),
                    ["data"] = data,
                }
            )
        );

    // Shown to the partner: nothing of what is behind it.
    private static string SlugOf(Exception exception) =>
        exception switch
        {
            EgressRefusedException or { InnerException: EgressRefusedException } => "address-not-allowed",
            OperationCanceledException => "timeout",
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "name-not-resolved",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "tls",
            HttpRequestException => "connection",
            _ => "error",
        };
}
