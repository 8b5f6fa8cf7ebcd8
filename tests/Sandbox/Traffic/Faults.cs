using System.Security.Cryptography;
using System.Text;

namespace Partner.Sandbox.Traffic;

public enum FaultAction
{
    Status,
    Hang,
    Reset,
    LostAnswer,
    Delay,

    /// <summary>Processed to its end; half of the answer comes, then the connection closes.</summary>
    Truncated,

    /// <summary>Processed to its end; the answer comes byte by byte, DelayMs before each.</summary>
    Drip,
}

/// <summary>A fault on demand: whom it meets, what it does, how many times and how often.</summary>
public sealed record Fault
{
    public TrafficFilter Filter { get; init; } = new();

    /// <summary>What the body has to hold, decompressed; null means whatever it holds.</summary>
    public string? Contains { get; init; }

    public FaultAction Action { get; init; }

    public int Status { get; init; } = 500;

    public string Body { get; init; } = """{"errors":["Internal Server Error"]}""";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public int DelayMs { get; init; }

    /// <summary>How many requests it meets before it is gone; null means all.</summary>
    public int? Count { get; init; }

    public double Probability { get; init; } = 1;
}

/// <summary>The faults in force. The first that matches a request meets it.</summary>
public sealed class Faults
{
    private readonly Lock _lock = new();
    private readonly List<(Fault Fault, int Met)> _faults = [];
    private CancellationTokenSource _cleared = new();
    private int _met;

    /// <summary>How many requests have met a fault so far.</summary>
    public int Met => Volatile.Read(ref _met);

    /// <summary>Between 0 and 1; a test sets it.</summary>
    public Func<double> Chance { get; set; } = () => RandomNumberGenerator.GetInt32(1 << 30) / (double)(1 << 30);

    /// <summary>Those in force, each with how many requests it has met.</summary>
    public IReadOnlyList<(Fault Fault, int Met)> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _faults];
            }
        }
    }

    /// <summary>Whether any looks at bodies.</summary>
    internal bool ReadBodies
    {
        get
        {
            lock (_lock)
            {
                return _faults.Exists(f => f.Fault.Contains is not null);
            }
        }
    }

    public void Add(Fault fault)
    {
        lock (_lock)
        {
            _faults.Add((fault, 0));
        }
    }

    /// <summary>Ends every fault; what hangs or is delayed is cut off.</summary>
    public void Clear()
    {
        CancellationTokenSource cleared;
        lock (_lock)
        {
            _faults.Clear();
            (cleared, _cleared) = (_cleared, new CancellationTokenSource());
        }

        cleared.Cancel();
    }

    /// <summary>The fault that meets this request, with the token that ends it.</summary>
    /// <param name="body">Decompressed; only looked at where a fault asks for it.</param>
    internal (Fault Fault, CancellationToken Cleared)? Take(Exchange exchange, string path, ReadOnlyMemory<byte> body)
    {
        lock (_lock)
        {
            var index = _faults.FindIndex(f =>
                f.Fault.Filter.Matches(exchange, path) && Holds(f.Fault, body.Span) && Chance() < f.Fault.Probability
            );
            if (index < 0)
            {
                return null;
            }

            var (fault, met) = _faults[index];
            _faults[index] = (fault, met + 1);
            _met++;
            if (met + 1 >= fault.Count)
            {
                _faults.RemoveAt(index);
            }

            return (fault, _cleared.Token);
        }
    }

    private static bool Holds(Fault fault, ReadOnlySpan<byte> body) =>
        fault.Contains is not { } text || body.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
}
