using System.Globalization;

namespace Partner.Bench;

/// <summary><c>SCENARIO [TYPE] [--name value]...</c></summary>
internal sealed record Options
{
    public const string Usage = """
        ./dev bench steady|direct [TYPE] [--seconds 20] [--connections 20] [--workers 32] [--warm-up 120]
        ./dev bench crash [TYPE] [--acked 1000000] [--kills 200] [--rate 3000]
        ./dev bench replicas [TYPE] [--kills 200] [--rate 1000] [--connections 10] [--seconds 20]
        ./dev bench upgrade [TYPE] --from COMMIT [--rate 1000] [--connections 10] [--seconds 20]
        ./dev bench noisy [--seconds 30] [--connections 1000] [--rate 20000] [--pairs 5]
        ./dev bench outage [--seconds 30] [--connections 30] [--rate 10000]
        ./dev bench idle [--seconds 60] [--connections 10000]
        ./dev bench micro [--seconds 10]
        TYPE: logs (the default), metrics, events, checks, traces; steady and direct: incidents too.
        All: --seed 1. Rates are items a second.
        """;

    public required string Scenario { get; init; }

    public string Type { get; init; } = "logs";

    /// <summary>The commit whose build is upgraded to this one.</summary>
    public string? From { get; init; }

    public int Seed { get; init; } = 1;

    public int? Seconds { get; init; }

    public int? Connections { get; init; }

    /// <summary>Requests under way at once where the maximum is looked for.</summary>
    public int Workers { get; init; } = 32;

    /// <summary>
    /// Seconds of load before anything is measured. The JIT compiles again, and yet again, what was called 30 times; what
    /// the vault and the site router are asked twice a minute takes two minutes, and then half a second of a core.
    /// </summary>
    public int WarmUp { get; init; } = 120;

    public double? Rate { get; init; }

    public long Acked { get; init; } = 1_000_000;

    public int Kills { get; init; } = 200;

    public int Pairs { get; init; } = 5;

    public TimeSpan Duration(int seconds) => TimeSpan.FromSeconds(Seconds ?? seconds);

    /// <summary>Null: not to be understood.</summary>
    public static Options? Parse(IReadOnlyList<string> args)
    {
        if (args.Count == 0 || args[0].StartsWith('-'))
        {
            return null;
        }

        var options = new Options { Scenario = args[0] };
        var first = 1;
        if (args.Count > 1 && !args[1].StartsWith('-'))
        {
            options = options with { Type = args[1] };
            first = 2;
        }

        for (var i = first; i < args.Count; i += 2)
        {
            if (i + 1 == args.Count || options.With(args[i], args[i + 1]) is not { } changed)
            {
                return null;
            }

            options = changed;
        }

        return options;
    }

    private Options? With(string name, string text) =>
        name is "--from" ? this with { From = text }
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? With(name, value)
        : null;

    private Options? With(string name, double value) =>
        name switch
        {
            "--seed" => this with { Seed = (int)value },
            "--seconds" => this with { Seconds = (int)value },
            "--connections" => this with { Connections = (int)value },
            "--workers" => this with { Workers = (int)value },
            "--warm-up" => this with { WarmUp = (int)value },
            "--rate" => this with { Rate = value },
            "--acked" => this with { Acked = (long)value },
            "--kills" => this with { Kills = (int)value },
            "--pairs" => this with { Pairs = (int)value },
            _ => null,
        };
}
