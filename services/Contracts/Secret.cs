using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Partner.Contracts;

/// <summary>
/// A token, key or password. It prints as <c>***</c> and refuses to be written as JSON, so that logging or returning
/// the record that holds it gives nothing away; <see cref="Reveal"/> is the one way out. A property that must cross
/// a service boundary says so with <see cref="RevealedJsonConverter"/>.
/// </summary>
[JsonConverter(typeof(RefusingConverter))]
public sealed class Secret(string value) : IEquatable<Secret>
{
    private readonly string _value = value ?? throw new ArgumentNullException(nameof(value));

    public string Reveal() => _value;

    /// <summary>At most the last four characters (security 39).</summary>
    public string Last4 => _value.Length >= 12 ? _value[^4..] : "";

    /// <summary>Constant-time comparison (security 38).</summary>
    public bool Equals(Secret? other) =>
        other is not null
        && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(_value),
            Encoding.UTF8.GetBytes(other._value)
        );

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => 0;

    public override string ToString() => "***";

    private sealed class RefusingConverter : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetString() ?? throw new JsonException("A secret cannot be null."));

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
            throw new NotSupportedException("A Secret is not written as JSON.");
    }
}

/// <summary>For the few properties whose purpose is to carry a secret to the service that is entitled to it.</summary>
public sealed class RevealedJsonConverter : JsonConverter<Secret>
{
    public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("A secret cannot be null."));

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Reveal());
}
