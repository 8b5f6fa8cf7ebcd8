using System.Text.Json;
using Partner.Bench.Load;
using Partner.Bench.Oracle;

namespace Partner.Bench;

/// <summary>The one line of JSON.</summary>
internal sealed class Report(Options options)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly Dictionary<string, object?> _fields = new()
    {
        ["scenario"] = options.Scenario,
        ["type"] = options.Type,
        ["seed"] = options.Seed,
    };

    public object? this[string name]
    {
        set => _fields[name] = value;
    }

    /// <summary>Whether nothing was lost, invented or changed; a scenario may say no for reasons of its own.</summary>
    public bool IsGood { get; set; } = true;

    /// <param name="elapsed">Load and settling.</param>
    public Report WithThroughput(Phase phase, TimeSpan elapsed)
    {
        this["items_per_second"] = Math.Round(phase.Acked / elapsed.TotalSeconds);
        this["mib_per_second"] = Math.Round(phase.Bytes / elapsed.TotalSeconds / 1024 / 1024, 2);
        return this;
    }

    public Report WithLatency(Phase phase)
    {
        this["accept_p50_ms"] = phase.Accept.Percentile(50);
        this["accept_p99_ms"] = phase.Accept.Percentile(99);
        this["delivery_p50_ms"] = phase.Delivery.Percentile(50);
        this["delivery_p99_ms"] = phase.Delivery.Percentile(99);
        return this;
    }

    /// <param name="of">Before the names of its fields: which stretch of the load it was.</param>
    public Report WithCpu(
        IReadOnlyDictionary<string, TimeSpan> before,
        IReadOnlyDictionary<string, TimeSpan> after,
        long items,
        string of = ""
    )
    {
        var spent = after.ToDictionary(
            a => a.Key,
            a => Math.Round((a.Value - before.GetValueOrDefault(a.Key)).TotalSeconds / Math.Max(1, items) * 1e6, 2)
        );
        this[$"{of}cpu_seconds_per_million"] = spent
            .Where(s => s.Value > 0)
            .OrderByDescending(s => s.Value)
            .ToDictionary();
        this[$"{of}cpu_seconds_per_million_total"] = Math.Round(spent.Values.Sum(), 2);
        return this;
    }

    public Report With(Verdict verdict)
    {
        this["acked"] = verdict.Acked;
        this["delivered"] = verdict.Delivered;
        this["lost"] = verdict.Lost;
        this["invented"] = verdict.Invented;
        this["changed"] = verdict.Changed;
        this["duplicates"] = verdict.Duplicates;
        this["unacked"] = verdict.Unacked;
        this["unacked_delivered"] = verdict.UnackedDelivered;
        IsGood &= verdict.IsGood;
        return this;
    }

    public override string ToString() => JsonSerializer.Serialize(_fields, Json);
}
