using Microsoft.AspNetCore.Http;
using Partner.Sending.Accept;

namespace Partner.Sending;

/// <summary>
/// What one request makes beside its body (lists of items, text that becomes JSON), paid for from the budget of all
/// before it is made, and given back at its end. One request may take half of the budget: what needs more never fits.
/// </summary>
public sealed class MemoryCharge : IDisposable
{
    private readonly MemoryBudget? _budget;
    private long _taken;

    internal MemoryCharge(MemoryBudget budget) => _budget = budget;

    private MemoryCharge()
    {
    }

    /// <summary>Without a budget.</summary>
    public static MemoryCharge Unlimited { get; } = new();

    /// <returns>Null: it is paid for. 413 for what never fits, 503 for what does not now.</returns>
    public Refusal? Take(long bytes)
    {
        if (_budget is null)
        {
            return null;
        }

        if (_taken + bytes > _budget.Limit / 2)
        {
            return new Refusal(StatusCodes.Status413PayloadTooLarge, $"The request unfolds to more than {_budget.Limit / 2} bytes in memory.");
        }

        if (!_budget.TryTake(bytes))
        {
            return new Refusal(StatusCodes.Status503ServiceUnavailable, "Too many large requests at once; try again.");
        }

        _taken += bytes;
        return null;
    }

    public void Dispose()
    {
        _budget?.Give(_taken);
        _taken = 0;
    }
}
