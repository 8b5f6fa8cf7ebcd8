using System.Text;
using System.Text.Json;

namespace Partner.Sending.Otlp;

/// <summary>Values of JSON that are not made text of.</summary>
public static class JsonScalar
{
    /// <summary>The number or string that the reader stands on, without its escapes.</summary>
    public static ReadOnlySpan<byte> BytesOf(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonStrings.Read(ref reader)) : reader.ValueSpan;
}
