using System.Runtime.CompilerServices;

namespace Partner.Sending;

/// <summary>The items of a body while it is read, good and bad, paid for as they are counted.</summary>
/// <param name="separator">See <see cref="DeadItems"/>.</param>
public sealed class ItemList(IntakeBody body, ReadOnlyMemory<byte>? separator)
{
    // A growing list is there twice while it is copied.
    private static readonly int PerItem = 2 * Unsafe.SizeOf<Item>();
    private const int Step = 4_096;

    private readonly List<Item> _items = [];
    private readonly DeadItems _dead = new(separator);
    private int _paid;

    public int Count => _items.Count + _dead.Count;

    /// <summary>Why no more of this body is to be read.</summary>
    public BodyRejection? Refusal { get; private set; }

    public void Add(Item item)
    {
        if (Pay())
        {
            _items.Add(item);
        }
    }

    /// <summary>It is not to be sent, and takes none of the others with it.</summary>
    /// <param name="status">What the request is answered if all of its items are such; 0: it is a success all the same.</param>
    public void Bury(DeadLetterReason reason, string detail, ReadOnlySpan<byte> item, long at, int status = 0)
    {
        if (Pay())
        {
            _dead.Add(reason, detail, item, at, status);
        }
    }

    /// <summary>Nothing of the body can be taken.</summary>
    public void Refuse(BodyRejection refusal) => Refusal ??= refusal;

    /// <param name="bytes">What the items' offsets point into.</param>
    public ParsedBody Finish(ReadOnlyMemory<byte> bytes, string variant) =>
        Refusal is { } refusal
            ? ParsedBody.Refused(refusal.Status, refusal.Detail)
            : new ParsedBody(bytes, _items, variant) { Dead = _dead.Finish() };

    private bool Pay()
    {
        if (Refusal is null && Count >= _paid)
        {
            Refusal = body.Memory.Take((long)Step * PerItem);
            _paid += Step;
        }

        return Refusal is null;
    }
}
