using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Partner.Sending.Series;

namespace Partner.Metrics.DogStatsd;

/// <summary>
/// The second of each count. Of equal name, tags and second Datadog keeps the last point (datadog-facts 3.2), so what two
/// requests count would be what one of them does: each takes a second of its own, the next free one. Where requests come
/// faster than seconds go, a sender's replica adds to the point that it sent last, and sends it again with the sum: its
/// lane keeps the order, so the last point is the sum of all. What is taken stands in the commit of what is sent.
/// </summary>
internal sealed class CountSeconds(IntakeBody body)
{
    private const long NanosecondsOfSecond = 1_000_000_000;

    // How far ahead of the clock a second may be; Datadog takes ten minutes (datadog-facts 3.2).
    private const int Ahead = 10;

    // How old a point may be that is sent again.
    private const int Behind = 60;

    // Replicas, dead ones included, that a series remembers.
    private const int MaxReplicas = 8;
    private const int BytesOfReplica = 3 * sizeof(long);

    // A set's entry, a dictionary's, and what they grow by.
    private const int BytesOfKey = 200;

    private readonly HashSet<SeriesKey> _continues = [];

    /// <summary>The series whose seconds are needed.</summary>
    public IReadOnlyCollection<SeriesKey> Continues => _continues;

    /// <param name="refusal">Of the whole request: there is no memory for it.</param>
    /// <returns>The point: when, and how much.</returns>
    public (long Seconds, double Value) Take(string metric, LineTags tags, double value, out BodyRejection? refusal)
    {
        var (now, key) = (body.Now.ToUnixTimeSeconds(), KeyOf(metric, tags));
        refusal = null;
        if (body.Series is not { } series)
        {
            refusal = _continues.Add(key) ? body.Memory.Take(BytesOfKey) : null;
            return (now, value);
        }

        var last = series.Find(key);
        var taken = Read(last);
        var point = Next(taken, body.Epoch, now, value);
        // Without room for one more series the point goes out all the same: only one of the same second can meet it.
        series.TrySet(
            new SeriesPoint(
                key,
                SeriesPoint.NotCumulative,
                Math.Max((last?.At ?? 0) + 1, taken.Max(replica => replica.Second) * NanosecondsOfSecond),
                Write(taken)
            )
        );
        return point;
    }

    private static (long Seconds, double Value) Next(List<Replica> taken, long epoch, long now, double value)
    {
        var free = taken.Count == 0 ? now : Math.Max(now, taken.Max(replica => replica.Second) + 1);
        var own = taken.Find(replica => replica.Epoch == epoch);
        if (free > now + Ahead && own.Second > now - Behind && double.IsFinite(own.Total + value))
        {
            (free, value) = (own.Second, own.Total + value);
        }

        taken.Remove(own);
        taken.Add(new Replica(epoch, free, value));
        if (taken.Count > MaxReplicas)
        {
            taken.Remove(taken.MinBy(replica => replica.Second));
        }

        return (free, value);
    }

    // What differs in these characters alone is one series to Datadog (datadog-facts 3.2).
    private static SeriesKey KeyOf(string metric, LineTags tags)
    {
        var name = string.Concat(metric.Select(c => char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '_'));
        var text = $"dogstatsd\n{name}\n{tags.Key.ToLowerInvariant()}";
        return new SeriesKey(BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    private static List<Replica> Read(SeriesPoint? last)
    {
        var taken = new List<Replica>();
        for (var bytes = (last?.Bytes ?? default).Span; bytes.Length >= BytesOfReplica; bytes = bytes[BytesOfReplica..])
        {
            taken.Add(
                new Replica(
                    BinaryPrimitives.ReadInt64BigEndian(bytes),
                    BinaryPrimitives.ReadInt64BigEndian(bytes[sizeof(long)..]),
                    BinaryPrimitives.ReadDoubleBigEndian(bytes[(2 * sizeof(long))..])
                )
            );
        }

        return taken;
    }

    private static byte[] Write(List<Replica> taken)
    {
        var bytes = new byte[taken.Count * BytesOfReplica];
        for (var i = 0; i < taken.Count; i++)
        {
            var span = bytes.AsSpan(i * BytesOfReplica);
            BinaryPrimitives.WriteInt64BigEndian(span, taken[i].Epoch);
            BinaryPrimitives.WriteInt64BigEndian(span[sizeof(long)..], taken[i].Second);
            BinaryPrimitives.WriteDoubleBigEndian(span[(2 * sizeof(long))..], taken[i].Total);
        }

        return bytes;
    }

    /// <summary>The last second that a sender's replica has taken, and what its point counts.</summary>
    private readonly record struct Replica(long Epoch, long Second, double Total);
}
