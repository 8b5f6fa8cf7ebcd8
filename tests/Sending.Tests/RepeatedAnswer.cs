using System.Net;

namespace Partner.Sending.Tests;

/// <summary>What a request was answered, and whether as a repetition.</summary>
internal sealed record RepeatedAnswer(HttpStatusCode Status, string Body, bool Replayed)
{
    public static readonly RepeatedAnswer First = new(HttpStatusCode.Accepted, "{}", false);
    public static readonly RepeatedAnswer Again = First with { Replayed = true };

    public static async Task<RepeatedAnswer> OfAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        return new(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.Contains("Idempotency-Replayed")
        );
    }
}
