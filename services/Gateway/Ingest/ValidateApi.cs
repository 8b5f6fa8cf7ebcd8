using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Features;
using Partner.Gateway.Keys;

namespace Partner.Gateway.Ingest;

/// <summary>
/// Datadog's check of a key, which its clients make at start; about the ingest key, answered from the table
/// (datadog-facts 2.4).
/// </summary>
internal static partial class ValidateApi
{
    public static void MapValidate(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api").RequireAuthorization(IngestKeyHandler.Name);
        api.MapMethods("/v1/validate", [HttpMethods.Get], (RequestDelegate)V1);
        api.MapMethods("/v2/validate", [HttpMethods.Get], (RequestDelegate)V2);
    }

    private static Task V1(HttpContext context) =>
        context.Response.WriteAsJsonAsync(new Valid(true), ValidateJson.Default.Valid);

    private static Task V2(HttpContext context)
    {
        var key = context.Features.GetRequiredFeature<IngestKey>();
        return context.Response.WriteAsJsonAsync(
            new ValidV2(new("validate_v2", key.Org ?? "", new(key.KeyId, [], true))),
            ValidateJson.Default.ValidV2
        );
    }

    internal sealed record Valid([property: JsonPropertyName("valid")] bool IsValid);

    internal sealed record ValidV2(Data Data);

    internal sealed record Data(string Type, string Id, Attributes Attributes);

    internal sealed record Attributes(string ApiKeyId, string[] ApiKeyScopes, bool Valid);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Valid))]
    [JsonSerializable(typeof(ValidV2))]
    private sealed partial class ValidateJson : JsonSerializerContext;
}
