using System.Text;

namespace Partner.Testing.Fuzzing;

/// <summary>
/// Bodies that are almost what they should be. Whatever can be read as its content type is changed where its values are
/// (a value for another, one left out, one many times, names for names); everything is also changed as bytes.
/// The same seed makes the same bodies.
/// </summary>
public sealed class Mutator(int seed)
{
    private static readonly byte[] OddBytes =
    [
        0x00,
        0x0A,
        0x0D,
        0x20,
        0x22,
        0x2C,
        0x5B,
        0x5C,
        0x7B,
        0x7D,
        0x7F,
        0x80,
        0xC0,
        0xC1,
        0xC6,
        0xD9,
        0xDD,
        0xDF,
        0xED,
        0xFF,
    ];

    private readonly Random _random = new(seed);

    /// <param name="body">To be changed.</param>
    /// <param name="other">Whose parts may stand in it afterwards.</param>
    public byte[] Change(byte[] body, byte[] other, string contentType)
    {
        var changed = body;
        for (var i = _random.Next(1, 5); i > 0; i--)
        {
            changed = _random.Next(5) == 0 ? ChangeBytes(changed, other) : ChangeValues(changed, other, contentType);
        }

        return changed;
    }

    /// <summary>One of these.</summary>
    public T Of<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    /// <summary>True once in so many times.</summary>
    public bool Once(int times) => _random.Next(times) == 0;

    private byte[] ChangeValues(byte[] body, byte[] other, string contentType) =>
        contentType switch
        {
            _ when contentType.Contains("json", StringComparison.Ordinal) => Replace(
                body,
                other,
                JsonValues.Of,
                JsonValues.Odd,
                ","u8.ToArray()
            ),
            _ when contentType.Contains("msgpack", StringComparison.Ordinal) => Replace(
                body,
                other,
                MessagePackValues.Of,
                MessagePackValues.Odd,
                []
            ),
            _ when contentType.Contains("protobuf", StringComparison.Ordinal) => ProtobufFields.Change(body, _random),
            _ => Replace(body, other, TextParts.Of, TextParts.Odd, "\n"u8.ToArray()),
        };

    private byte[] Replace(
        byte[] body,
        byte[] other,
        Func<byte[], IReadOnlyList<Range>> values,
        IReadOnlyList<byte[]> odd,
        byte[] between
    )
    {
        if (values(body) is not { Count: > 0 } here)
        {
            return ChangeBytes(body, other);
        }

        var at = Of(here);
        var made = _random.Next(8) switch
        {
            0 => Array.Empty<byte>(),
            1 => Repeat(body[at], between, _random.Next(200) == 0 ? 3_000 : _random.Next(2, 6)),
            2 => body[Of(here)],
            3 when values(other) is { Count: > 0 } there => other[Of(there)],
            _ => Of(odd),
        };
        var (start, end) = (at.Start.GetOffset(body.Length), at.End.GetOffset(body.Length));
        return [.. body[..start], .. made, .. body[end..]];
    }

    private byte[] ChangeBytes(byte[] body, byte[] other)
    {
        if (body.Length == 0)
        {
            return _random.Next(2) == 0 ? other : [Of(OddBytes)];
        }

        var (start, length) = (_random.Next(body.Length), _random.Next(1, 17));
        var end = Math.Min(body.Length, start + length);
        return _random.Next(7) switch
        {
            0 => [.. body[..start], Of(OddBytes), .. body[(start + 1)..]],
            1 => [.. body[..start], (byte)(body[start] ^ (1 << _random.Next(8))), .. body[(start + 1)..]],
            2 => [.. body[..start], .. RandomBytes(length), .. body[start..]],
            3 => [.. body[..start], .. body[end..]],
            4 => [.. body[..end], .. body[start..]],
            5 => body[..start],
            _ => [.. body[..start], .. other[Math.Min(start, other.Length)..]],
        };
    }

    private byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Repeat(byte[] value, byte[] between, int times)
    {
        if ((long)(value.Length + between.Length) * times > 1_000_000)
        {
            return value;
        }

        using var all = new MemoryStream();
        for (var i = 0; i < times; i++)
        {
            all.Write(i == 0 ? [] : between);
            all.Write(value);
        }

        return all.ToArray();
    }
}

/// <summary>Lines and words of text, pairs of forms, frames.</summary>
internal static class TextParts
{
    public static readonly IReadOnlyList<byte[]> Odd =
    [
        .. new[]
        {
            "",
            "\0",
            "\n",
            "\r\n",
            "\t",
            " ",
            "&",
            "=",
            "%",
            "%00",
            "%zz",
            "+",
            "\u00fc",
            "\u2028",
            "\ud83d\ude00",
            "-1",
            "0",
            "99999999999999999999",
            "<40>1 2026-01-01T00:00:00Z h a p - - m",
            "83 ",
            "a=b&a=c",
            "\"",
            "{",
            "[]",
            "null",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF, 0xFE],
        [0xED, 0xA0, 0xBD],
        [0x80],
        [0xC3],
    ];

    public static IReadOnlyList<Range> Of(byte[] body)
    {
        var parts = new List<Range>();
        var start = 0;
        for (var i = 0; i <= body.Length; i++)
        {
            if (i == body.Length || body[i] is (byte)'\n' or (byte)' ' or (byte)'&' or (byte)'=')
            {
                if (i > start)
                {
                    parts.Add(start..i);
                }

                start = i + 1;
            }
        }

        return parts;
    }
}
