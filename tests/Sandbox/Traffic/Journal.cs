using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Partner.Sandbox.Traffic;

/// <summary>One request. Never a key, a token, a code or a query: those do not belong in any record.</summary>
public sealed record JournalEntry
{
    public DateTimeOffset At { get; init; }

    public required string Method { get; init; }

    public required string Host { get; init; }

    public string Path { get; init; } = "";

    /// <summary>0 where no answer was given.</summary>
    public int Status { get; init; }

    public string? Org { get; init; }

    public string? KeyId { get; init; }

    public string? Fact { get; init; }
}

/// <summary>The last 10,000 requests to Datadog's hosts; older ones fall out.</summary>
public sealed partial class Journal(TimeProvider clock)
{
    private const int Capacity = 10_000;
    private readonly ConcurrentQueue<JournalEntry> _entries = new();

    public IReadOnlyList<JournalEntry> Entries => [.. _entries];

    public void Clear() => _entries.Clear();

    internal void Add(JournalEntry entry)
    {
        _entries.Enqueue(entry with { At = clock.GetUtcNow(), Path = LongHex().Replace(entry.Path, "***") });
        while (_entries.Count > Capacity && _entries.TryDequeue(out _)) { }
    }

    internal async Task RecordAsync(HttpContext context, RequestDelegate next, Issued issued)
    {
        try
        {
            await next(context);
        }
        finally
        {
            var exchange = context.Exchange();
            if (exchange.Host is { } host)
            {
                issued.Inspect(context);
                Add(
                    new JournalEntry
                    {
                        Method = context.Request.Method,
                        Host = host.Host,
                        Path = context.Request.Path,
                        Status = exchange.Aborted ? 0 : context.Response.StatusCode,
                        Org = exchange.Org?.Id,
                        KeyId = exchange.Key?.Id,
                        Fact = exchange.Fact,
                    }
                );
            }
        }
    }

    // Some of Datadog's older paths carry the key itself.
    [GeneratedRegex("[0-9a-fA-F]{32,}")]
    private static partial Regex LongHex();
}
