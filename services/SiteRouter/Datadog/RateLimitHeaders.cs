using System.Globalization;
using System.Net.Http.Headers;

namespace Partner.SiteRouter.Datadog;

/// <summary>What an answer says of its limit (datadog-facts 3.8): seconds, Reset counts from now.</summary>
/// <param name="Period">Zero where it is not told.</param>
internal sealed record RateLimitHeaders(string? Name, long Limit, TimeSpan Period, long Remaining, TimeSpan Reset)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <returns>Null where nothing is announced: sending data, for instance, has no limit.</returns>
    public static RateLimitHeaders? Of(HttpResponseHeaders headers, int status)
    {
        if (
            Number(headers, "X-RateLimit-Limit") is { } limit
            && Number(headers, "X-RateLimit-Remaining") is { } remaining
            && Number(headers, "X-RateLimit-Reset") is { } reset
        )
        {
            var period = Number(headers, "X-RateLimit-Period") ?? 0;
            // Whoever is told to wait has nothing left, whatever the numbers say.
            return new RateLimitHeaders(
                Text(headers, "X-RateLimit-Name"),
                limit,
                Seconds(period),
                status == 429 ? 0 : remaining,
                Seconds(reset)
            );
        }

        return status == 429
            ? new RateLimitHeaders(
                null,
                0,
                default,
                0,
                Seconds(Number(headers, "X-RateLimit-Reset") ?? Number(headers, "Retry-After") ?? 1)
            )
            : null;
    }

    private static TimeSpan Seconds(long seconds) =>
        seconds < Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : Longest;

    private static long? Number(HttpResponseHeaders headers, string name) =>
        long.TryParse(Text(headers, name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static string? Text(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
