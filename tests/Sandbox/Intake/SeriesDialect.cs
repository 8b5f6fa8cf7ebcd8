using System.Text.Json;

namespace Partner.Sandbox.Intake;

/// <summary>
/// The three ways of sending metrics (datadog-facts 3.2): what they take, how a point is written, what they say.
/// </summary>
internal sealed record SeriesDialect(
    ApiIntake Intake,
    string Accepted,
    int MaxPoints,
    Func<JsonElement, double?> TimeOf
)
{
    private const string Type = "metrics";

    public static readonly SeriesDialect V1 = new(
        new ApiIntake(Type, 3_200_000, 62_914_560, Fact.SeriesTooLarge, "text/json"),
        """{"status": "ok"}""",
        int.MaxValue,
        point => TimeOfPair(point, value => value.ValueKind is JsonValueKind.Number or JsonValueKind.Null)
    );

    public static readonly SeriesDialect V2 = new(
        new ApiIntake(Type, 512_000, 5_242_880, Fact.SeriesTooLarge, "application/json"),
        """{"errors":[]}""",
        10_000,
        TimeOfObject
    );

    // The size limits are ND; those of v1, as Vector has it.
    public static readonly SeriesDialect Distribution = V1 with { TimeOf = point => TimeOfPair(point, IsNumbers) };

    private static double? TimeOfPair(JsonElement point, Func<JsonElement, bool> isValue) =>
        point.ValueKind is JsonValueKind.Array && point.GetArrayLength() == 2 && isValue(point[1])
            ? NumberOf(point[0])
            : null;

    private static double? TimeOfObject(JsonElement point) =>
        point.ValueKind is JsonValueKind.Object
        && point.TryGetProperty("value", out var value)
        && value.ValueKind is JsonValueKind.Number
        && point.TryGetProperty("timestamp", out var timestamp)
        && timestamp.ValueKind is JsonValueKind.Number
        && timestamp.TryGetInt64(out var seconds)
            ? seconds
            : null;

    private static bool IsNumbers(JsonElement value) =>
        value.ValueKind is JsonValueKind.Array
        && value.EnumerateArray().All(number => number.ValueKind is JsonValueKind.Number);

    private static double? NumberOf(JsonElement number) =>
        number.ValueKind is JsonValueKind.Number ? number.GetDouble() : null;
}
