using System.Collections;

namespace Partner.Sending.Otlp;

public enum FieldKind
{
    Text,
    Hex,
    Base64,

    /// <summary>32 bits without sign, or an enumeration.</summary>
    Number,

    /// <summary>64 bits with a sign.</summary>
    Signed,

    /// <summary>64 bits without sign, as a varint.</summary>
    Unsigned,

    /// <summary>32 bits with a sign, zigzag.</summary>
    ZigZag,
    Fixed64,

    /// <summary>64 bits with a sign, in eight bytes.</summary>
    SignedFixed64,
    Fixed32,
    Bool,
    Double,
    Message,
}

/// <summary>One field of a message.</summary>
public sealed record FieldSchema(int Number, FieldKind Kind, Func<MessageSchema>? Message = null)
{
    /// <summary>An enumeration's names, by their numbers; JSON may have them in place of numbers.</summary>
    public string[] Names { get; init; } = [];

    /// <summary>A list of numbers, which may also come packed into one field, as most writers have it.</summary>
    public bool IsPacked { get; init; }

    public WireType Wire { get; } =
        Kind switch
        {
            FieldKind.Number or FieldKind.Signed or FieldKind.Unsigned or FieldKind.ZigZag or FieldKind.Bool =>
                WireType.Varint,
            FieldKind.Fixed64 or FieldKind.SignedFixed64 or FieldKind.Double => WireType.Fixed64,
            FieldKind.Fixed32 => WireType.Fixed32,
            _ => WireType.Bytes,
        };

    public bool Takes(WireType type) => type == Wire || (IsPacked && type == WireType.Bytes);
}

/// <summary>A message's fields by their names in JSON.</summary>
public sealed class MessageSchema : IEnumerable
{
    private readonly Dictionary<string, FieldSchema> _byName = new(StringComparer.Ordinal);
    private FieldSchema?[] _byNumber = [];

    public FieldSchema this[string name]
    {
        set
        {
            _byName.Add(name, value);
            Array.Resize(ref _byNumber, Math.Max(_byNumber.Length, value.Number + 1));
            _byNumber[value.Number] = value;
        }
    }

    public FieldSchema? Find(string name) => _byName.GetValueOrDefault(name);

    public FieldSchema? Find(int number) => number < _byNumber.Length ? _byNumber[number] : null;

    IEnumerator IEnumerable.GetEnumerator() => _byName.GetEnumerator();
}
