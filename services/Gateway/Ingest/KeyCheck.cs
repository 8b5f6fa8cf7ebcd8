using Microsoft.Extensions.Options;
using Partner.Gateway.Keys;
using Partner.Gateway.Limits;

namespace Partner.Gateway.Ingest;

/// <summary>Which key is this, if any.</summary>
internal sealed class KeyCheck(
    KeyTable table,
    IngestKeyPoller poller,
    RequestLimits limits,
    IOptions<IngestOptions> options
)
{
    public async ValueTask<(IngestKey? Key, HttpRejection? Refusal)> IdentifyAsync(
        HttpContext context,
        int missingKeyStatus = 403
    )
    {
        var (key, refusal) = await FindAsync(context, missingKeyStatus);
        key?.Use.Set();
        return (key, refusal);
    }

    private async ValueTask<(IngestKey? Key, HttpRejection? Refusal)> FindAsync(
        HttpContext context,
        int missingKeyStatus
    )
    {
        var presented = PresentedKey.Read(context, options.Value.AcceptQueryKey);
        if (presented.Length == 0)
        {
            return (null, limits.Failure(context, HttpRejection.KeyRequired with { Status = missingKeyStatus }));
        }

        if (!table.CanAnswer)
        {
            return (null, HttpRejection.Unavailable(UnavailableCause.KeysUnknown));
        }

        // Two keys are two answers to "who are you": no guess is made.
        if (presented.Length > 1 || !KeyHash.TryOfKey(presented[0], out _))
        {
            return (null, limits.Failure(context, HttpRejection.Forbidden));
        }

        if (table.Find(presented[0]) is { } known)
        {
            return (known, null);
        }

        // A refusal makes clients drop their data; a key that may have been made a moment ago is not refused.
        return !await poller.PollAgainAsync()
                ? (null, limits.Failure(context, HttpRejection.Unavailable(UnavailableCause.KeyUnconfirmed)))
            : table.Find(presented[0]) is { } fresh ? (fresh, null)
            : (null, limits.Failure(context, HttpRejection.Forbidden));
    }
}
