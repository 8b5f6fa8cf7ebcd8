using System.Globalization;

namespace Partner.Auth.Datadog;

/// <summary>How long Datadog asks to wait: its own header, else the standard one (datadog-facts 3.8).</summary>
internal static class Backoff
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public static TimeSpan? Asked(HttpResponseMessage response)
    {
        var header = response.Headers.TryGetValues("X-RateLimit-Reset", out var values) ? values.First() : null;
        var asked = double.TryParse(
            header,
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out var seconds
        )
            ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds))
            : response.Headers.RetryAfter?.Delta;
        return asked > Longest ? Longest : asked;
    }
}
