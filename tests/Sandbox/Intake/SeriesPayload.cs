using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.Sandbox.Intake;

/// <summary>One series as JSON, and the second of each of its points.</summary>
internal sealed record Series(ReadOnlyMemory<byte> Raw, IReadOnlyList<double> Times)
{
    /// <summary>The series with some of its points: those for which the other half is told apart.</summary>
    public byte[] Only(Func<double, bool> isWanted)
    {
        var series = JsonNode.Parse(Readable.Of(Raw.Span))!.AsObject();
        var points = series["points"]!.AsArray();
        series["points"] = new JsonArray([
            .. points.Where((_, index) => isWanted(Times[index])).Select(point => point?.DeepClone()),
        ]);
        return JsonSerializer.SerializeToUtf8Bytes(series);
    }
}

/// <summary>Reads {"series":[{"metric":"system.load.1","points":[[1652349005,1.1]],"type":"gauge"}]}.</summary>
internal static class SeriesPayload
{
    /// <summary>The series, or what is wrong with the first that is not one.</summary>
    public static (List<Series>? Series, string? Fault) FromJson(ReadOnlyMemory<byte> body, SeriesDialect dialect)
    {
        try
        {
            var readable = Readable.Of(body.Span);
            using var document = JsonDocument.Parse(readable);
            return
                document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty("series", out var series)
                && series.ValueKind is JsonValueKind.Array
                ? Read(body, readable, series, dialect)
                : (null, "series is missing");
        }
        catch (JsonException)
        {
            return (null, "invalid JSON");
        }
    }

    private static (List<Series>? Series, string? Fault) Read(
        ReadOnlyMemory<byte> body,
        byte[] readable,
        JsonElement payload,
        SeriesDialect dialect
    )
    {
        var all = new List<Series>();
        foreach (var series in payload.EnumerateArray())
        {
            if (FaultOf(series) is { } fault)
            {
                return (null, $"series[{all.Count}]{fault}");
            }

            var times = series.GetProperty("points").EnumerateArray().Select(dialect.TimeOf).ToList();
            if (times.IndexOf(null) is >= 0 and var malformed)
            {
                return (null, $"series[{all.Count}].points[{malformed}] is malformed");
            }

            // As it came, which is where it is in what is read.
            var raw = JsonMarshal.GetRawUtf8Value(series);
            readable.AsSpan().Overlaps(raw, out var start);
            all.Add(new Series(body.Slice(start, raw.Length).ToArray(), [.. times.Select(time => time!.Value)]));
        }

        return (all, null);
    }

    private static string? FaultOf(JsonElement series) =>
        series switch
        {
            { ValueKind: not JsonValueKind.Object } => " is not an object",
            _ when !Has(series, "metric", JsonValueKind.String) || series.GetProperty("metric").GetString() is "" =>
                ".metric is missing",
            _ when !Has(series, "points", JsonValueKind.Array) => ".points is missing",
            _ when series.TryGetProperty("tags", out var tags)
                    && tags.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null) => ".tags is not an array",
            _ => null,
        };

    private static bool Has(JsonElement element, string name, JsonValueKind kind) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == kind;
}
