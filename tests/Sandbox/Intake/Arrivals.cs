using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Intake;

/// <summary>What became of an item after its 2xx.</summary>
public enum Fate
{
    Kept,

    /// <summary>Kept, cut to the documented size.</summary>
    Truncated,

    /// <summary>Accepted with a 2xx and thrown away in silence, as out-of-window items are.</summary>
    Dropped,

    /// <summary>Accepted with a 2xx under a key that is dead, or of another site, and delivered to nobody.</summary>
    BadKey,
}

/// <summary>
/// One item as it came, byte for byte. Line breaks between its tokens are taken out, and a series that lost some of its
/// points is shown without them; then it says that it is rewritten.
/// </summary>
public sealed record ArrivedItem(ReadOnlyMemory<byte> Raw, Fate Fate, bool Rewritten = false)
{
    /// <summary>Whether anyone will ever see it.</summary>
    public bool IsDelivered => Fate is Fate.Kept or Fate.Truncated;

    // JSON has no raw line break inside a string, so every one that is there stands between tokens.
    internal static ArrivedItem Of(ReadOnlyMemory<byte> raw, Fate fate, bool rewritten = false) =>
        raw.Span.IndexOfAny((byte)'\n', (byte)'\r') < 0
            ? new ArrivedItem(raw, fate, rewritten)
            : new ArrivedItem(raw.ToArray().Where(b => b is not ((byte)'\n' or (byte)'\r')).ToArray(), fate, true);
}

/// <summary>
/// What came to one host and path for one org. Items counts those that are kept; a key that no org ever had belongs to
/// the org "".
/// </summary>
public sealed record Arrival(
    string Site,
    string Host,
    string Path,
    string Org,
    string OrgName,
    string Type,
    int Requests,
    int Items,
    int Truncated,
    int Dropped,
    int Rewritten,
    int BadKey = 0
);

/// <summary>All that arrived and was answered with a 2xx.</summary>
public sealed class Arrivals
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(DatadogHost Host, string Path, Org? Org, string Type), Bin> _bins = [];
    private readonly Level _items = new();
    private readonly SandboxState _state;

    internal Arrivals(SandboxState state) => _state = state;

    public IReadOnlyList<Arrival> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _bins.Select(bin => bin.Value.Describe(bin.Key))];
            }
        }
    }

    /// <summary>Items of every org, all types, kept.</summary>
    public int Count => _items.Value;

    public Task WaitForAsync(int items, CancellationToken cancellationToken) =>
        _items.ReachesAsync(items, cancellationToken);

    /// <summary>The items themselves; the lost ones only if they are asked for by their fate.</summary>
    public IReadOnlyList<ArrivedItem> Items(Org? org = null, string? type = null, Fate? fate = null)
    {
        lock (_lock)
        {
            return
            [
                .. _bins
                    .Where(bin => (org is null || bin.Key.Org == org) && (type is null || bin.Key.Type == type))
                    .SelectMany(bin => bin.Value.Items)
                    .Where(item => fate is null ? item.IsDelivered : item.Fate == fate),
            ];
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _bins.Clear();
            _items.Clear();
        }
    }

    internal void Record(HttpContext context, Org? org, string type, IReadOnlyCollection<ArrivedItem> items)
    {
        // By the route's own path: one that has an id in it is still one line.
        var path = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? context.Request.Path.Value!;
        var key = (context.Exchange().Host!, path, org, type);
        if (_state.Settings.KeepMarks)
        {
            _state.Marks.Add(org, items);
        }

        lock (_lock)
        {
            if (!_bins.TryGetValue(key, out var bin))
            {
                _bins[key] = bin = new Bin();
            }

            bin.Add(items, _state.Settings.KeepItems);
            _items.Add(items.Count(item => item.IsDelivered));
        }
    }

    private sealed class Bin
    {
        private readonly int[] _fates = new int[Enum.GetValues<Fate>().Length];
        private int _requests;
        private int _rewritten;

        public List<ArrivedItem> Items { get; } = [];

        public void Add(IReadOnlyCollection<ArrivedItem> items, bool keep)
        {
            _requests++;
            foreach (var item in items)
            {
                _fates[(int)item.Fate]++;
                _rewritten += item.Rewritten ? 1 : 0;
            }

            if (keep)
            {
                Items.AddRange(items);
            }
        }

        public Arrival Describe((DatadogHost Host, string Path, Org? Org, string Type) key) =>
            new(
                key.Host.Site.Name,
                key.Host.Host,
                key.Path,
                key.Org?.Id ?? "",
                key.Org?.Name ?? "",
                key.Type,
                _requests,
                _fates[(int)Fate.Kept] + _fates[(int)Fate.Truncated],
                _fates[(int)Fate.Truncated],
                _fates[(int)Fate.Dropped],
                _rewritten,
                _fates[(int)Fate.BadKey]
            );
    }
}
