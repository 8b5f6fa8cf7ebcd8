using System.Buffers.Binary;
using System.Text;

namespace Partner.Testing.Fuzzing;

/// <summary>Where values stand in MessagePack, keys among them.</summary>
internal static class MessagePackValues
{
    public static readonly IReadOnlyList<byte[]> Odd =
    [
        [0xC0],
        [0xC1],
        [0xC2],
        [0xC3],
        [0x00],
        [0x7F],
        [0xFF],
        [0xE0],
        [0x80],
        [0x90],
        [0xA0],
        [0x91, 0xC0],
        [0x91, 0x90],
        [0x81, 0xA0, 0xC0],
        [0x81, 0xC0, 0x01],
        [0xCF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xCF, 0x80, 0, 0, 0, 0, 0, 0, 0],
        [0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0],
        [0xD0, 0x80],
        [0xCA, 0x7F, 0xC0, 0, 0],
        [0xCB, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0],
        [0xCB, 0xFF, 0xF0, 0, 0, 0, 0, 0, 0],
        [0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0],
        [0xC4, 0x00],
        [0xC4, 0x02, 0xFF, 0xFE],
        [0xD9, 0x00],
        [0xA1, 0xFF],
        [0xA3, 0xED, 0xA0, 0xBD],
        [0xA1, 0x00],
        [0xD6, 0xFF, 1, 2, 3, 4],
        [0xD4, 0x05, 0x00],
        [0xC7, 0x00, 0x01],
        [0xDC, 0x00, 0x00],
        [0xDD, 0, 0, 0, 2, 1, 2],
        [0xDE, 0, 1, 0xA1, 0x61, 0xA1, 0x62],
        [0xDF, 0, 0, 0, 0],
        [0xDC, 0xFF, 0xFF],
        [0xDE, 0x10, 0x00],
        .. new[]
        {
            "trace_id",
            "span_id",
            "parent_id",
            "start",
            "duration",
            "meta",
            "metrics",
            "service",
            "type",
            "error",
            "span_links",
            "meta_struct",
        }.Select(text => (byte[])[(byte)(0xA0 + text.Length), .. Encoding.ASCII.GetBytes(text)]),
        [.. Enumerable.Repeat((byte)0x91, 100), 0xC0],
    ];

    /// <summary>As far as it can be read.</summary>
    public static IReadOnlyList<Range> Of(byte[] body)
    {
        var values = new List<Range>();
        try
        {
            End(body, 0, values, 0);
        }
        catch (Exception exception)
            when (exception is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException) { }

        return values;
    }

    // https://github.com/msgpack/msgpack/blob/master/spec.md
    private static int End(byte[] body, int start, List<Range> values, int depth)
    {
        if (depth > 200 || values.Count > 20_000)
        {
            throw new ArgumentOutOfRangeException(nameof(body));
        }

        var code = body[start];
        var next = start + 1;
        var end = code switch
        {
            <= 0x7F or >= 0xE0 or 0xC0 or 0xC1 or 0xC2 or 0xC3 => next,
            <= 0x8F => Within(2 * (code & 0x0F), next),
            <= 0x9F => Within(code & 0x0F, next),
            <= 0xBF => next + (code & 0x1F),
            0xC4 or 0xD9 => next + 1 + body[next],
            0xC5 or 0xDA => next + 2 + Count(2),
            0xC6 or 0xDB => next + 4 + Count(4),
            0xC7 => next + 2 + body[next],
            0xC8 => next + 3 + Count(2),
            0xC9 => next + 5 + Count(4),
            0xCC or 0xD0 => next + 1,
            0xCD or 0xD1 => next + 2,
            0xCA or 0xCE or 0xD2 => next + 4,
            0xCB or 0xCF or 0xD3 => next + 8,
            0xD4 => next + 2,
            0xD5 => next + 3,
            0xD6 => next + 5,
            0xD7 => next + 9,
            0xD8 => next + 17,
            0xDC => Within(Count(2), next + 2),
            0xDD => Within(Count(4), next + 4),
            0xDE => Within(checked(2 * Count(2)), next + 2),
            _ => Within(checked(2 * Count(4)), next + 4),
        };
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, body.Length);
        values.Add(start..end);
        return end;

        int Count(int bytes) =>
            bytes == 2
                ? BinaryPrimitives.ReadUInt16BigEndian(body.AsSpan(next))
                : checked((int)BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(next)));

        int Within(int count, int at)
        {
            for (var i = 0; i < count; i++)
            {
                at = End(body, at, values, depth + 1);
            }

            return at;
        }
    }
}
