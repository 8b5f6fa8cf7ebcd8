using System.Buffers;
using System.Globalization;

namespace Partner.Sending;

/// <summary>
/// The items of one request that are not to be sent. The first of them are letters of their own; the others share
/// letters, of the same reason each, so that a small request cannot leave a row for every few bytes of it (F22).
/// </summary>
/// <param name="separator">
/// The bytes between the items of a batch: joined by them, several items are sent again as one. Null: they cannot be.
/// </param>
public sealed class DeadItems(ReadOnlyMemory<byte>? separator)
{
    public const int MaxSingles = 100;
    private const int MaxJoined = 1_000;
    private const int MaxJoinedBytes = 100_000;

    private readonly List<DeadItem> _letters = [];
    private readonly Dictionary<(DeadLetterReason, int), Joined> _open = [];

    /// <summary>Items, however many share a letter.</summary>
    public int Count { get; private set; }

    public void Add(DeadLetterReason reason, string detail, ReadOnlySpan<byte> item, long at, int status = 0)
    {
        Count++;
        if (separator is not { } between || (_letters.Count < MaxSingles && _open.Count == 0))
        {
            _letters.Add(new DeadItem(reason, detail, item.ToArray(), at) { Status = status });
            return;
        }

        if (!_open.TryGetValue((reason, status), out var joined) || !joined.HasRoom(item.Length))
        {
            if (joined is not null)
            {
                _letters.Add(joined.Close());
            }

            _open[(reason, status)] = joined = new Joined(reason, detail, status);
        }

        joined.Add(item, at, between.Span);
    }

    /// <summary>Everything so far, in letters.</summary>
    public IReadOnlyList<DeadItem> Finish()
    {
        _letters.AddRange(_open.Values.Select(joined => joined.Close()));
        _open.Clear();
        return _letters;
    }

    private sealed class Joined(DeadLetterReason reason, string detail, int status)
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();
        private int _count;
        private long _at;

        public bool HasRoom(int bytes) => _count < MaxJoined && _bytes.WrittenCount + bytes <= MaxJoinedBytes;

        public void Add(ReadOnlySpan<byte> item, long at, ReadOnlySpan<byte> between)
        {
            _bytes.Write(_count == 0 ? default : between);
            _bytes.Write(item);
            _at = at != 0 && (_at == 0 || at < _at) ? at : _at;
            _count++;
        }

        public DeadItem Close() =>
            new(
                reason,
                _count == 1
                    ? detail
                    : string.Create(CultureInfo.InvariantCulture, $"{_count} items; the first: {detail}"),
                _bytes.WrittenSpan.ToArray(),
                _at
            )
            {
                Status = status,
                Items = _count,
            };
    }
}
