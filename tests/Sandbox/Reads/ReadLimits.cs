using System.Collections.Concurrent;
using System.Globalization;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Reads;

/// <summary>
/// An org's limits, one for each scope, in periods aligned to the calendar and announced in every answer
/// (datadog-facts 3.8). They are the org's: its own tools spend from them, too.
/// </summary>
public sealed class ReadLimits(TimeProvider clock)
{
    private readonly ConcurrentDictionary<(string Org, string Name, long Period), int> _used = [];

    /// <summary>What the customer's own tools ask for.</summary>
    public void Spend(Org org, string name, int calls, Settings settings) =>
        _used.AddOrUpdate((org.Id, name, Now(settings).Period), calls, (_, used) => used + calls);

    internal Answer? Count(HttpContext context, Org org, string name, Settings settings)
    {
        if (settings.ReadLimit is not { } limit)
        {
            return null;
        }

        var (period, reset) = Now(settings);
        var used = _used.AddOrUpdate((org.Id, name, period), 1, (_, before) => before + 1);
        var headers = context.Response.Headers;
        headers["X-RateLimit-Limit"] = Text(limit);
        headers["X-RateLimit-Period"] = Text(settings.ReadLimitPeriodSeconds);
        headers["X-RateLimit-Remaining"] = Text(Math.Max(0, limit - used));
        headers["X-RateLimit-Reset"] = Text(reset);
        headers["X-RateLimit-Name"] = name;
        return used > limit ? Answer.Errors(429, "Too many requests", ReadFact.Limit) : null;
    }

    private (long Period, long Reset) Now(Settings settings)
    {
        var (now, length) = (clock.GetUtcNow().ToUnixTimeSeconds(), settings.ReadLimitPeriodSeconds);
        return (now / length, length - (now % length));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
