using System.Buffers;
using Partner.Sending;
using Partner.Traces.Wire;

namespace Partner.Traces;

/// <summary>
/// What of a request is not sent, as it came: a dead letter for each, and where they are many one for hundreds, so that
/// a small request does not leave thousands of rows.
/// </summary>
internal sealed class DeadSpans
{
    /// <summary>Of one request; then they are put together.</summary>
    public const int MaxLetters = 100;

    /// <summary>Bytes of one that was put together, about.</summary>
    private const int MaxTogether = 1_000_000;

    private readonly MemoryCharge _memory;
    private readonly byte[] _separator;
    private readonly List<DeadItem> _letters = [];
    private readonly ArrayBufferWriter<byte> _together = new();
    private Fault? _first;
    private Fault? _firstTogether;
    private int _count;

    /// <param name="separator">What goes between those that are put together.</param>
    public DeadSpans(MemoryCharge memory, ReadOnlySpan<byte> separator) => (_memory, _separator) = (memory, separator.ToArray());

    public int Count => _letters.Count + _count;

    public void Add(Fault fault, ReadOnlySpan<byte> bytes)
    {
        // The second half is for the copy when a buffer grows.
        MalformedException.ThrowIf(_memory.Take(2L * bytes.Length));
        _first ??= fault.IsNothing ? null : fault;
        if (_letters.Count < MaxLetters)
        {
            _letters.Add(new DeadItem(fault.Reason, fault.Detail, bytes.ToArray(), 0));
            return;
        }

        if (_count++ > 0)
        {
            _together.Write(_separator);
        }

        _firstTogether ??= fault;
        _together.Write(bytes);
        if (_together.WrittenCount > MaxTogether)
        {
            PutTogether();
        }
    }

    /// <summary>The good ones go on; where there is none, the first fault is the answer.</summary>
    public ParsedBody Beside(ParsedBody good)
    {
        if (good.Items.Count == 0 && _first is not null)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, _first.Detail);
        }

        PutTogether();
        return good with { Dead = _letters };
    }

    private void PutTogether()
    {
        if (_count > 0)
        {
            _letters.Add(new DeadItem(
                _firstTogether!.Reason, $"{_count} of one request; the first: {_firstTogether.Detail}",
                _together.WrittenSpan.ToArray(), 0));
        }

        _together.ResetWrittenCount();
        (_count, _firstTogether) = (0, null);
    }
}
