namespace Partner.Bench.Load;

/// <summary>The requests of a seed. They are made anew each minute, because types have windows in time.</summary>
internal sealed class Generator(Shape shape, int seed, TimeProvider clock)
{
    private const int Templates = 16;

    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private (Template[] Templates, DateTimeOffset At)? _made;

    public Shape Shape => shape;

    public Template For(long request)
    {
        var now = clock.GetUtcNow();
        if (_made is not { } made || now - made.At > Freshness)
        {
            var random = new Random(seed);
            made = ([.. Enumerable.Range(0, Templates).Select(_ => new Template(shape, random, now))], now);
            _made = made;
        }

        return made.Templates[request % Templates];
    }
}
