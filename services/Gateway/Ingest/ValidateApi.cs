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
    private const string V1Path = "/api/v1/validate";
    private const string V2Path = "/api/v2/validate";
    private const string KeysPath = "/api/v2/validate_keys";

    public static readonly string[] Paths = [V1Path, V2Path, KeysPath];

    private static readonly HttpRejection NoApplicationKey = HttpRejection.Forbidden with
    {
        Text = "There are no application keys here; send the API key alone.",
    };

    public static void MapValidate(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("").RequireAuthorization(IngestKeyHandler.Name);
        api.MapMethods(V1Path, [HttpMethods.Get], (RequestDelegate)V1);
        api.MapMethods(V2Path, [HttpMethods.Get], (RequestDelegate)V2);
        api.MapMethods(KeysPath, [HttpMethods.Get], (RequestDelegate)Keys);
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

    // Datadog's check of an API key together with an application key, of which there is none here: who sends one takes
    // it for needed, and shall hear that it is not, instead of that it is good.
    private static Task Keys(HttpContext context) =>
        context.Request.Headers.ContainsKey("DD-APPLICATION-KEY")
            ? NoApplicationKey.WriteAsync(context)
            : context.Response.WriteAsJsonAsync(new Status("ok"), ValidateJson.Default.Status);

    internal sealed record Valid([property: JsonPropertyName("valid")] bool IsValid);

    internal sealed record Status([property: JsonPropertyName("status")] string Text);

    internal sealed record ValidV2(Data Data);

    internal sealed record Data(string Type, string Id, Attributes Attributes);

    internal sealed record Attributes(string ApiKeyId, string[] ApiKeyScopes, bool Valid);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Valid))]
    [JsonSerializable(typeof(Status))]
    [JsonSerializable(typeof(ValidV2))]
    private sealed partial class ValidateJson : JsonSerializerContext;
}
