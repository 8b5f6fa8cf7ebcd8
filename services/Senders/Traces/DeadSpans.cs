using Partner.Traces.Wire;

namespace Partner.Traces;

/// <summary>The parts of a request that are not sent, as they came.</summary>
internal sealed class DeadSpans
{
    private readonly MemoryCharge _memory;
    private readonly DeadItems _letters;
    private Fault? _first;

    /// <param name="separator">What goes between those that share a letter.</param>
    public DeadSpans(MemoryCharge memory, ReadOnlySpan<byte> separator) =>
        (_memory, _letters) = (memory, new DeadItems(separator.ToArray()));

    public void Add(Fault fault, ReadOnlySpan<byte> bytes)
    {
        // The second half is for the copy when a letter's buffer grows.
        MalformedException.ThrowIf(_memory.Take(2L * bytes.Length));
        _first ??= fault.IsNothing ? null : fault;
        _letters.Add(fault.Reason, fault.Detail, bytes, 0, fault.IsNothing ? 0 : StatusCodes.Status400BadRequest);
    }

    /// <summary>The good ones go on; where there is none, the first fault is the answer.</summary>
    public ParsedBody Beside(ParsedBody good) =>
        good.Items.Count == 0 && _first is not null
            ? ParsedBody.Refused(StatusCodes.Status400BadRequest, _first.Detail)
            : good with
            {
                Dead = _letters.Finish(),
            };
}
