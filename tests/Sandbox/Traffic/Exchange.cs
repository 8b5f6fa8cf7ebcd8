using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Traffic;

/// <summary>
/// What is known about the request under way: found out once, by the pipeline, before any endpoint runs.
/// </summary>
internal sealed class Exchange
{
    /// <summary>The Datadog host that was asked; null for the sandbox's own pages.</summary>
    public DatadogHost? Host { get; set; }

    /// <summary>The key that was presented, if it is a live or settling key of this very site.</summary>
    public ApiKey? Key { get; set; }

    public bool KeyPresented { get; set; }

    /// <summary>Whose key that is or was, alive or not and on whatever site: for the record alone.</summary>
    public Org? KeyOwner { get; set; }

    /// <summary>The grant of the bearer token, if the token is alive on this very site.</summary>
    public Grant? Grant { get; set; }

    public Org? Org => Key?.Org ?? Grant?.Org;

    public string? Fact { get; set; }

    public bool Aborted { get; set; }
}

internal static class ExchangeFeature
{
    public static Exchange Exchange(this HttpContext context)
    {
        if (context.Features.Get<Exchange>() is not { } exchange)
        {
            exchange = new Exchange();
            context.Features.Set(exchange);
        }

        return exchange;
    }
}
