using Partner.Sending.Series;

namespace Partner.Metrics.Otlp;

/// <summary>What a cumulative point tells.</summary>
internal enum Growth
{
    /// <summary>What was added since the last point, or since the series began.</summary>
    Known,

    /// <summary>Where to count from, and nothing yet; or what an earlier point has told.</summary>
    Nothing,

    /// <summary>The last points are not looked up yet.</summary>
    ToBeSeen,

    /// <summary>The connection has more series than are kept.</summary>
    TooManySeries,
}

/// <summary>
/// What cumulative points add to the last ones of their series (datadog-facts 3.9 c; rules of
/// https://opentelemetry.io/docs/specs/otel/metrics/data-model/#resets-and-gaps).
/// </summary>
internal sealed class CumulativeSeries(IntakeBody body)
{
    // A set's entry, and what it grows by.
    private const int BytesOfKey = 64;

    private readonly HashSet<SeriesKey> _continues = [];

    /// <summary>The series whose last points are needed.</summary>
    public IReadOnlyCollection<SeriesKey> Continues => _continues;

    /// <param name="growth">A point that has what was added, and begins where the last one ended.</param>
    /// <param name="refusal">Of the whole request: there is no memory for it.</param>
    public Growth Follow(
        SeriesKey key,
        PointKind kind,
        OtlpPoint point,
        ReadOnlySpan<byte> message,
        out OtlpPoint growth,
        out BodyRejection? refusal
    )
    {
        growth = point;
        refusal = null;
        if (body.Series is not { } series)
        {
            refusal = _continues.Add(key) ? body.Memory.Take(BytesOfKey) : null;
            return Growth.ToBeSeen;
        }

        var last = series.Find(key);
        if (point.Time <= (ulong)(last?.At ?? 0))
        {
            return Growth.Nothing;
        }

        var bare = OtlpPoint.Bare(message, kind);
        refusal = body.Memory.Take(bare.Length + BytesOfKey);
        if (!series.TrySet(new SeriesPoint(key, (long)point.Start, (long)point.Time, bare)))
        {
            return Growth.TooManySeries;
        }

        if (last is null)
        {
            return StartsAfter(series.Floor, point) ? Growth.Known : Growth.Nothing;
        }

        if (point.Since(OtlpPoint.Read(last.Bytes.Span, kind), kind) is { } added)
        {
            growth = added;
            return Growth.Known;
        }

        // It counts less than before. Without a start it may have begun anew; with the same start it has not, and what
        // it counts is not known.
        return point.Start == 0 ? Growth.Known : Growth.Nothing;
    }

    // A start that is the point's own time is one that nobody knows.
    private static bool StartsAfter(long floor, OtlpPoint point) =>
        point.Start < point.Time && point.Start > (ulong)Math.Max(0, floor);
}
