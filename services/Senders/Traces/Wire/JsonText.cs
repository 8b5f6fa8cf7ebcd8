using System.Text.Json;

namespace Partner.Traces.Wire;

/// <summary>Strings of JSON that may hold half a surrogate pair, which the reader throws for.</summary>
internal static class JsonText
{
    public static string Read(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw new MalformedException("A JSON string is not Unicode.");
        }
    }
}
