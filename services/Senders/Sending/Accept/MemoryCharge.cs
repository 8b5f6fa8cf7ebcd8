using Partner.Sending.Accept;

namespace Partner.Sending;

/// <summary>
/// The memory that a parser takes for one request, beside the body that it reads: paid for from the budget before it is
/// taken, and given back when the request is answered. No request gets more than half of the budget, so that the
/// largest leaves room for others.
/// </summary>
public sealed class MemoryCharge : IDisposable
{
    private readonly MemoryBudget? _budget;

    /// <summary>Counts, and refuses nothing.</summary>
    public MemoryCharge() { }

    internal MemoryCharge(MemoryBudget budget) => _budget = budget;

    /// <summary>Bytes taken and not given back.</summary>
    public long Taken { get; private set; }

    /// <summary>The most that was taken at once.</summary>
    public long Peak { get; private set; }

    /// <returns>Null, or why the request is refused: 413 if no repetition can mend it, else 503.</returns>
    public BodyRejection? Take(long bytes)
    {
        if (Taken + bytes > _budget?.Limit / 2)
        {
            return new BodyRejection(
                StatusCodes.Status413PayloadTooLarge,
                "The request unfolds to more than is held for one: send less at once."
            );
        }

        if (_budget?.TryTake(bytes) == false)
        {
            return new BodyRejection(
                StatusCodes.Status503ServiceUnavailable,
                "Too many large requests at once; try again."
            );
        }

        Taken += bytes;
        Peak = Math.Max(Peak, Taken);
        return null;
    }

    public void Give(long bytes)
    {
        _budget?.Give(bytes);
        Taken -= bytes;
    }

    public void Dispose() => Give(Taken);
}
