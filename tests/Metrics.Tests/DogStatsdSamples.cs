using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Sending;
using Partner.Sending.Series;

namespace Partner.Metrics.Tests;

/// <summary>Requests of DogStatsD, and what becomes of them.</summary>
internal static class DogStatsdSamples
{
    public const string Path = "/dogstatsd/v2/proxy";
    public const long Now = 1_796_040_000;

    public static List<string> Send(params string[] lines) => [.. ItemsOf(Parse(string.Join('\n', lines)))];

    public static List<string> Refusals(params string[] lines) =>
        [
            .. Parse(string.Join('\n', lines))
                .Parts.SelectMany(part => part.Dead)
                .Select(dead => $"{dead.Reason.Text()} {dead.Detail} {Encoding.UTF8.GetString(dead.Bytes)}"),
        ];

    public static ParsedBody Parse(string body) => Parse(Encoding.UTF8.GetBytes(body));

    /// <summary>With no second taken yet.</summary>
    public static ParsedBody Parse(byte[] body) =>
        Parse(body, new SeriesPoints(new Dictionary<SeriesKey, SeriesPoint>(), 0, 1_000_000));

    /// <param name="after">Seconds.</param>
    public static ParsedBody Parse(
        byte[] body,
        SeriesPoints? series,
        int after = 0,
        long epoch = 1,
        MemoryCharge? memory = null
    ) =>
        new MetricsSender().Parse(
            new IntakeBody(
                body,
                "whatever",
                QueryCollection.Empty,
                new IntakePath(Path, StatusCodes.Status200OK, DatadogErrorShape.Texts)
            )
            {
                Now = DateTimeOffset.FromUnixTimeSeconds(Now + after),
                Series = series,
                Epoch = epoch,
                Memory = memory ?? new MemoryCharge(),
            }
        );

    public static IEnumerable<string> ItemsOf(ParsedBody parsed) =>
        parsed.Parts.SelectMany(part =>
            part.Items.Select(item =>
                $"{part.Variant} {Encoding.UTF8.GetString(part.Bytes.Span.Slice(item.Offset, item.Length))}"
            )
        );
}
