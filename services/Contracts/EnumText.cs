using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Partner.Contracts;

/// <summary>
/// The text of an enum's member, the same in JSON, columns, filters, audit events and meters: its
/// <see cref="JsonStringEnumMemberNameAttribute"/>, else its name in snake_case.
/// </summary>
public static class EnumText
{
    public static string Text<T>(this T value)
        where T : struct, Enum => Texts<T>.Of[value];

    /// <summary>Every text, in the order of the members.</summary>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(Text)];

    /// <exception cref="ArgumentOutOfRangeException">No member has this text.</exception>
    public static T Parse<T>(string text)
        where T : struct, Enum =>
        Texts<T>.By.TryGetValue(text, out var value) ? value : throw new ArgumentOutOfRangeException(nameof(text));

    private static class Texts<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Of = Enum.GetValues<T>()
            .ToDictionary(
                value => value,
                value =>
                    typeof(T).GetField($"{value}")!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
                    ?? JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}")
            );

        public static readonly Dictionary<string, T> By = Of.ToDictionary(text => text.Value, text => text.Key);
    }
}
