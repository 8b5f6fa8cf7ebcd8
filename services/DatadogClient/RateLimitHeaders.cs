using System.Globalization;
using System.Net.Http.Headers;

namespace Partner.DatadogClient;

/// <summary>The rate limit that an answer names (datadog-facts 3.8): seconds, Reset counts from now.</summary>
/// <param name="Period">Zero where it is not told.</param>
public sealed record RateLimitHeaders(string? Name, long Limit, TimeSpan Period, long Remaining, TimeSpan Reset)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <returns>Null where nothing is announced: sending data, for instance, has no limit.</returns>
    public static RateLimitHeaders? Of(HttpResponseHeaders headers, int status)
    {
        if (
            Number(headers, "X-RateLimit-Limit") is { } limit
            && Number(headers, "X-RateLimit-Remaining") is { } remaining
            && Seconds(headers, "X-RateLimit-Reset", Longest) is { } reset
        )
        {
            // A caller that is told to wait has nothing left, regardless of the numbers.
            return new RateLimitHeaders(
                Text(headers, "X-RateLimit-Name"),
                limit,
                Seconds(headers, "X-RateLimit-Period", Longest) ?? default,
                status == 429 ? 0 : remaining,
                reset
            );
        }

        return status == 429
            ? new RateLimitHeaders(null, 0, default, 0, WaitIn(headers, Longest) ?? TimeSpan.FromSeconds(1))
            : null;
    }

    /// <summary>How long Datadog asks to wait: its own header, else the standard one.</summary>
    /// <param name="longest">More than this is taken for this.</param>
    public static TimeSpan? WaitIn(HttpResponseHeaders headers, TimeSpan longest) =>
        Seconds(headers, "X-RateLimit-Reset", longest) ?? Seconds(headers, "Retry-After", longest);

    private static TimeSpan? Seconds(HttpResponseHeaders headers, string name, TimeSpan longest) =>
        double.TryParse(
            Text(headers, name),
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out var value
        )
        && value >= 0
            ? TimeSpan.FromSeconds(Math.Min(value, longest.TotalSeconds))
            : null;

    private static long? Number(HttpResponseHeaders headers, string name) =>
        long.TryParse(Text(headers, name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static string? Text(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.First() : null;
}
