using System.Text;

namespace Partner.Metrics.DogStatsd;

internal enum SampleKind
{
    Count,
    Gauge,
    Histogram,
    Distribution,
    Set,
}

/// <summary>
/// <c>name:value[:value ...]|type[|@rate][|#tag,tag][|T1656581409]</c>. Fields that only an Agent on the client's machine
/// can make something of (<c>c:</c>, <c>e:</c>, <c>card:</c>), and those that nobody knows yet, are passed over, as it does.
/// </summary>
internal sealed record MetricLine(string Name, SampleKind Kind)
{
    /// <summary>A time in milliseconds (<c>ms</c>).</summary>
    public bool IsTime { get; private init; }

    /// <summary>Of a set, which has one and may have colons in it.</summary>
    public string? Unique { get; private init; }

    /// <summary>How many samples this stands for: 1 / rate.</summary>
    public double Weight { get; private set; } = 1;

    /// <summary>Unix; null: the line has no timestamp.</summary>
    public long? Seconds { get; private set; }

    public LineTags Tags { get; private set; } = LineTags.None;

    /// <param name="values">Filled with the values of all types but sets.</param>
    /// <returns>Null, or why it is not taken.</returns>
    public static BadLine? Read(ReadOnlySpan<byte> line, List<double> values, out MetricLine? read)
    {
        read = null;
        values.Clear();
        var fields = new LineFields(line);
        fields.Next();
        var nameAndValue = fields.Current;
        var colon = nameAndValue.IndexOf((byte)':');
        if (colon <= 0 || colon + 1 == nameAndValue.Length || !fields.Next())
        {
            return BadLine.NoMetric;
        }

        if (KindOf(fields.Current) is not { } kind)
        {
            return BadLine.NoType;
        }

        var name = nameAndValue[..colon];
        var value = nameAndValue[(colon + 1)..];
        if (JsonStrings.CharactersOfUtf8(name) > MetricsSender.MaxName)
        {
            // What Datadog makes of it is not documented; two metrics may become one.
            return BadLine.LongName;
        }

        if (kind != SampleKind.Set && !TryReadValues(value, values))
        {
            return BadLine.NoNumber;
        }

        read = new MetricLine(Encoding.UTF8.GetString(name), kind)
        {
            IsTime = fields.Current is [_, _],
            Unique = kind == SampleKind.Set ? Encoding.UTF8.GetString(value) : null,
        };
        return read.ReadFields(ref fields);
    }

    private static SampleKind? KindOf(ReadOnlySpan<byte> type) =>
        type switch
        {
            [(byte)'c'] => SampleKind.Count,
            [(byte)'g'] => SampleKind.Gauge,
            [(byte)'h'] or [(byte)'m', (byte)'s'] => SampleKind.Histogram,
            [(byte)'d'] => SampleKind.Distribution,
            [(byte)'s'] => SampleKind.Set,
            _ => null,
        };

    // 21::22 has two.
    private static bool TryReadValues(ReadOnlySpan<byte> text, List<double> values)
    {
        foreach (var range in text.Split((byte)':'))
        {
            var one = text[range];
            if (one.Length == 0)
            {
                continue;
            }

            if (!LineFields.TryNumber(one, out var value))
            {
                return false;
            }

            values.Add(value);
        }

        return values.Count > 0;
    }

    private BadLine? ReadFields(ref LineFields fields)
    {
        while (fields.Next())
        {
            if (fields.Is("#"u8, out var tags))
            {
                Tags = LineTags.Read(tags);
            }
            else if (fields.Is("@"u8, out var rate))
            {
                if (
                    !LineFields.TryNumber(rate, out var number)
                    || number is <= 0 or > 1
                    || !double.IsFinite(1 / number)
                )
                {
                    return BadLine.NoRate;
                }

                Weight = 1 / number;
            }
            else if (fields.Is("T"u8, out var time))
            {
                if (!LineFields.TryWhole(time, out var seconds) || seconds < 1)
                {
                    return BadLine.NoTime;
                }

                Seconds = seconds;
            }
        }

        return Seconds is not null && Kind is not (SampleKind.Count or SampleKind.Gauge) ? BadLine.TimeOfSamples : null;
    }
}
