using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Partner.Contracts;

/// <summary>A partner's customer: <c>ten_</c> and 32 lower-case hexadecimal digits (a version 7 UUID).</summary>
[JsonConverter(typeof(PrefixedIdConverter<TenantId>))]
public readonly record struct TenantId : IPrefixedId<TenantId>
{
    private TenantId(string text) => Text = text;

    public static string Prefix => "ten_";

    public string Text { get; }

    public static TenantId New() => new(PrefixedId.New(Prefix));

    public static TenantId Parse(string text, IFormatProvider? provider = null) => PrefixedId.Parse<TenantId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out TenantId id)
    {
        id = PrefixedId.IsValid(text, Prefix) ? new TenantId(text) : default;
        return id != default;
    }

    public override string ToString() => Text;
}

/// <summary>
/// One tenant's authorisation for one Datadog org: <c>con_</c> and 32 lower-case hexadecimal digits.
/// </summary>
[JsonConverter(typeof(PrefixedIdConverter<ConnectionId>))]
public readonly record struct ConnectionId : IPrefixedId<ConnectionId>
{
    private ConnectionId(string text) => Text = text;

    public static string Prefix => "con_";

    public string Text { get; }

    public static ConnectionId New() => new(PrefixedId.New(Prefix));

    public static ConnectionId Parse(string text, IFormatProvider? provider = null) =>
        PrefixedId.Parse<ConnectionId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out ConnectionId id)
    {
        id = PrefixedId.IsValid(text, Prefix) ? new ConnectionId(text) : default;
        return id != default;
    }

    public override string ToString() => Text;
}

/// <summary>
/// The owner of a data key in the vault, a connection or a Datadog org of one OAuth client: <c>own_</c> and 32
/// lower-case hexadecimal digits.
/// </summary>
[JsonConverter(typeof(PrefixedIdConverter<OwnerId>))]
public readonly record struct OwnerId : IPrefixedId<OwnerId>
{
    private OwnerId(string text) => Text = text;

    public static string Prefix => "own_";

    public string Text { get; }

    public static OwnerId New() => new(PrefixedId.New(Prefix));

    public static OwnerId Parse(string text, IFormatProvider? provider = null) => PrefixedId.Parse<OwnerId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out OwnerId id)
    {
        id = PrefixedId.IsValid(text, Prefix) ? new OwnerId(text) : default;
        return id != default;
    }

    public override string ToString() => Text;
}

/// <summary>An id that names its kind, so that swapped ids neither compile nor parse.</summary>
public interface IPrefixedId<TSelf> : IParsable<TSelf>
    where TSelf : IPrefixedId<TSelf>
{
    static abstract string Prefix { get; }

    string Text { get; }
}

internal static class PrefixedId
{
    private const int Digits = 32;

    public static string New(string prefix) => prefix + Guid.CreateVersion7().ToString("N");

    public static bool IsValid([NotNullWhen(true)] string? text, string prefix) =>
        text is not null
        && text.Length == prefix.Length + Digits
        && text.StartsWith(prefix, StringComparison.Ordinal)
        && text.AsSpan(prefix.Length).IndexOfAnyExcept("0123456789abcdef") < 0;

    public static T Parse<T>(string text)
        where T : IPrefixedId<T> =>
        T.TryParse(text, null, out var id)
            ? id
            : throw new FormatException($"Not an id of the form {T.Prefix}<32 hex digits>.");
}

internal sealed class PrefixedIdConverter<T> : JsonConverter<T>
    where T : IPrefixedId<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.TryParse(reader.GetString(), null, out var id)
            ? id
            : throw new JsonException($"Not an id of the form {T.Prefix}<32 hex digits>.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Text);
}
