using System.Collections.Frozen;

namespace Partner.Metrics.Otlp;

/// <summary>
/// From UCUM to Datadog's units, where there is one (datadog-facts 3.9 c): <c>KiBy</c> is kibibyte, <c>{request}</c>
/// request, <c>By/s</c> byte/second. Any other is left out.
/// </summary>
internal static class OtlpUnits
{
    private static readonly FrozenDictionary<string, string> Prefixes = FrozenDictionary.ToFrozenDictionary<
        string,
        string
    >([
        new("Ki", "kibi"),
        new("Mi", "mebi"),
        new("Gi", "gibi"),
        new("Ti", "tebi"),
        new("Pi", "pebi"),
        new("Ei", "exbi"),
        new("d", "deci"),
        new("m", "milli"),
        new("u", "micro"),
        new("n", "nano"),
        new("k", "kilo"),
        new("M", "mega"),
        new("G", "giga"),
        new("T", "tera"),
        new("P", "peta"),
        new("E", "exa"),
    ]);

    // With the prefixes that make a unit of Datadog's of it.
    private static readonly FrozenDictionary<string, (string Name, string[] Prefixes)> Units =
        FrozenDictionary.ToFrozenDictionary<string, (string, string[])>([
            new("By", ("byte", ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "k", "M", "G", "T", "P", "E"])),
            new("bit", ("bit", ["k", "M", "G", "T", "P", "E"])),
            new("s", ("second", ["m", "u", "n"])),
            new("h", ("hour", [])),
            new("Hz", ("hertz", ["k", "M", "G"])),
            new("W", ("watt", ["d", "m", "u", "n", "k", "M", "G", "T"])),
            new("V", ("volt", ["m"])),
            new("J", ("joule", ["n", "m", "k", "M"])),
            new("A", ("ampere", ["m"])),
            new("Cel", ("degree celsius", ["d"])),
            new("%", ("percent", [])),
        ]);

    // What OpenTelemetry's conventions annotate and Datadog counts, too.
    private static readonly FrozenDictionary<string, string> Annotations = new[]
    {
        "connection",
        "container",
        "cpu",
        "error",
        "event",
        "exception",
        "fault",
        "file",
        "invocation",
        "item",
        "job",
        "message",
        "node",
        "object",
        "operation",
        "packet",
        "page",
        "process",
        "query",
        "record",
        "request",
        "response",
        "row",
        "session",
        "span",
        "task",
        "thread",
        "timeout",
        "token",
        "transaction",
        "user",
    }
        .Select(name => KeyValuePair.Create(name, name))
        .Append(new("datapoint", "item"))
        .ToFrozenDictionary();

    public static string? Map(string unit)
    {
        var parts = unit.Split('/');
        return parts.Length > 2 ? null
            : MapPart(parts[0]) is not { } first ? null
            : parts.Length == 1 ? first
            : MapPart(parts[1]) is { } second ? $"{first}/{second}"
            : null;
    }

    private static string? MapPart(string part)
    {
        if (part.StartsWith('{') && part.EndsWith('}'))
        {
            return Annotations.GetValueOrDefault(part[1..^1]);
        }

        if (Units.TryGetValue(part, out var whole))
        {
            return whole.Name;
        }

        foreach (var length in new[] { 2, 1 })
        {
            if (
                part.Length > length
                && Units.TryGetValue(part[length..], out var unit)
                && unit.Prefixes.Contains(part[..length])
            )
            {
                return Prefixes[part[..length]] + unit.Name;
            }
        }

        return null;
    }
}
