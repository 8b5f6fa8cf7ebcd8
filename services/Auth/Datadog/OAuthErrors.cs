using System.Text.Json;

namespace Partner.Auth.Datadog;

/// <summary>
/// The error code of an OAuth answer: <c>{"error":"code"}</c> as in RFC 6749 5.2, or
/// <c>{"errors":["code - text"]}</c> as Datadog does it (datadog-facts 2.6).
/// </summary>
internal static class OAuthErrors
{
    private const int MaxCode = 40;

    /// <param name="body">As <see cref="Partner.ServiceDefaults.JsonText"/> reads it.</param>
    public static string? CodeOf(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Known(TextOf(document.RootElement)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonElement root)
    {
        if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String)
        {
            return error.GetString();
        }

        return
            root.TryGetProperty("errors", out var errors)
            && errors.ValueKind == JsonValueKind.Array
            && errors.GetArrayLength() > 0
            && errors[0].ValueKind == JsonValueKind.String
            ? errors[0].GetString()!.Split(" - ", 2)[0].Trim()
            : null;
    }

    // It is logged, so nothing but a code passes.
    private static string? Known(string? text) =>
        text is { Length: > 0 and <= MaxCode } && text.All(c => c is '_' || char.IsAsciiLetterLower(c)) ? text : null;
}
