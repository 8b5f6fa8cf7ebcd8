using System.Buffers;
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
    private long _paidOutput;

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

    /// <summary>As <see cref="Bury"/>, of bytes that may be more than the body's, and so are paid for.</summary>
    public void BuryMade(DeadLetterReason reason, string detail, ReadOnlySpan<byte> item, int status)
    {
        // The second half is for the copy when a letter's buffer grows.
        Refusal ??= body.Memory.Take(2L * item.Length);
        Bury(reason, detail, item, 0, status);
    }

    /// <summary>Nothing of the body can be taken.</summary>
    public void Refuse(BodyRejection refusal) => Refusal ??= refusal;

    /// <summary>Pays for what items are written to that are not as they came. False: no more of the body is read.</summary>
    /// <param name="output">The same at each call.</param>
    /// <param name="what">The items' name, for the refusal of more than <paramref name="most"/> bytes.</param>
    public bool PayFor(ArrayBufferWriter<byte> output, string what, long most)
    {
        if (output.WrittenCount > most)
        {
            Refuse(
                new BodyRejection(
                    StatusCodes.Status413PayloadTooLarge,
                    $"As JSON the {what} have more than {most} bytes."
                )
            );
        }

        if (output.Capacity > _paidOutput)
        {
            Refusal ??= body.Memory.Take(output.Capacity - _paidOutput);
            _paidOutput = output.Capacity;
        }

        return Refusal is null;
    }

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
