using System.Buffers.Binary;

namespace Partner.Testing.Fuzzing;

/// <summary>
/// Protobuf as fields within fields, without a schema: what can be read as a message may be one. The lengths around a
/// change are right afterwards.
/// </summary>
public static class ProtobufFields
{
    private const int MostFields = 5_000;

    private static readonly ulong[] OddNumbers =
    [
        0,
        1,
        2,
        127,
        128,
        int.MaxValue,
        uint.MaxValue,
        long.MaxValue,
        1UL << 63,
        ulong.MaxValue,
        1_764_500_000,
        1_764_500_000_000,
        0x7FF0_0000_0000_0000,
        0x7FF8_0000_0000_0000,
        0xFFF0_0000_0000_0000,
    ];

    private static readonly byte[][] OddContents =
    [
        [],
        [0],
        [0xFF],
        "text"u8.ToArray(),
        [0xED, 0xA0, 0xBD],
        [0x08, 0x01],
        [0x0A, 0x00],
        [0x0A, 0x7F],
        [0x0B],
        [0x0C],
        [.. Enumerable.Repeat((byte)0x0A, 64)],
        new byte[16],
        new byte[8],
        new byte[5_000],
    ];

    internal static byte[] Change(byte[] body, Random random, int depth = 0)
    {
        if (Read(body, MostFields) is not { Count: > 0 } fields)
        {
            return OddContents[random.Next(OddContents.Length)];
        }

        var at = random.Next(fields.Count);
        var field = fields[at];
        if (field.Wire == 2 && depth < 12 && random.Next(4) > 0 && Read(field.Content, MostFields) is { Count: > 0 })
        {
            fields[at] = field with { Content = Change(field.Content, random, depth + 1) };
            return Write(fields);
        }

        switch (random.Next(8))
        {
            case 0:
                fields.RemoveAt(at);
                break;
            case 1:
                fields.InsertRange(
                    at,
                    Enumerable.Repeat(field, random.Next(100) == 0 && body.Length < 300 ? 3_000 : random.Next(1, 5))
                );
                break;
            case 2:
                fields.Insert(random.Next(fields.Count + 1), fields[random.Next(fields.Count)]);
                break;
            case 3:
                fields[at] = field with { Number = random.Next(1, 20) };
                break;
            case 4:
                fields[at] = field with { Wire = random.Next(8) };
                break;
            default:
                fields[at] =
                    field.Wire == 2
                        ? field with
                        {
                            Content = OddContents[random.Next(OddContents.Length)],
                        }
                        : field with
                        {
                            Value = OddNumbers[random.Next(OddNumbers.Length)],
                        };
                break;
        }

        return Write(fields);
    }

    /// <summary>Null: it is no message.</summary>
    /// <param name="most">Fields; what is behind them is left out.</param>
    public static List<Field>? Read(byte[] body, int most = int.MaxValue)
    {
        var (fields, at) = (new List<Field>(), 0);
        while (at < body.Length && fields.Count < most)
        {
            if (!TryVarint(body, ref at, out var tag) || tag >> 3 is 0 or > 536_870_911)
            {
                return null;
            }

            var (number, wire, value, content) = ((int)(tag >> 3), (int)(tag & 7), 0UL, Array.Empty<byte>());
            switch (wire)
            {
                case 0 when TryVarint(body, ref at, out value):
                    break;
                case 1 when body.Length - at >= 8:
                    value = BinaryPrimitives.ReadUInt64LittleEndian(body.AsSpan(at));
                    at += 8;
                    break;
                case 5 when body.Length - at >= 4:
                    value = BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(at));
                    at += 4;
                    break;
                case 2 when TryVarint(body, ref at, out var length) && length <= (ulong)(body.Length - at):
                    content = body[at..(at + (int)length)];
                    at += (int)length;
                    break;
                default:
                    return null;
            }

            fields.Add(new Field(number, wire, value, content));
        }

        return fields;
    }

    private static byte[] Write(List<Field> fields)
    {
        using var all = new MemoryStream();
        Span<byte> fixedBytes = stackalloc byte[8];
        foreach (var field in fields)
        {
            WriteVarint(all, ((ulong)field.Number << 3) | (uint)field.Wire);
            switch (field.Wire)
            {
                case 0:
                    WriteVarint(all, field.Value);
                    break;
                case 1 or 5:
                    BinaryPrimitives.WriteUInt64LittleEndian(fixedBytes, field.Value);
                    all.Write(fixedBytes[..(field.Wire == 1 ? 8 : 4)]);
                    break;
                default:
                    WriteVarint(all, (ulong)field.Content.Length);
                    all.Write(field.Content);
                    break;
            }
        }

        return all.ToArray();
    }

    private static bool TryVarint(byte[] body, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 70 && at < body.Length; shift += 7)
        {
            var part = body[at++];
            value |= (ulong)(part & 0x7F) << Math.Min(shift, 63);
            if (part < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteVarint(Stream all, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            all.WriteByte((byte)(value | 0x80));
        }

        all.WriteByte((byte)value);
    }

    /// <param name="Value">Of a varint, or a fixed number.</param>
    /// <param name="Content">Of what has a length.</param>
    public sealed record Field(int Number, int Wire, ulong Value, byte[] Content);
}
