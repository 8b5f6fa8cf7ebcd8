using Microsoft.Extensions.Options;
using Partner.Gateway.Limits;
using Partner.Gateway.Keys;

namespace Partner.Gateway.Ingest;

/// <summary>Which key is this, if any.</summary>
internal sealed class KeyCheck(KeyTable table, RequestLimits limits, IOptions<IngestOptions> options)
{
    public (IngestKey? Key, Refusal? Refusal) Identify(HttpContext context, int missingKeyStatus = 403)
    {
        var presented = PresentedKey.Read(context, options.Value.AcceptQueryKey);
        if (presented.Length == 0)
        {
            return (null, limits.Failure(context, Refusal.KeyRequired with { Status = missingKeyStatus }));
        }

        if (!table.CanAnswer)
        {
            return (null, Refusal.Unavailable);
        }

        // Two keys are two answers to "who are you": no guess is made.
        return presented.Length == 1 && table.Find(presented[0]) is { } key
            ? (key, null)
            : (null, limits.Failure(context, Refusal.Forbidden));
    }
}
