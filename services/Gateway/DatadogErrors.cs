using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;

namespace Partner.Gateway;

/// <summary>How errors look on a path (datadog-facts 3.1, 3.3).</summary>
internal enum ErrorShape
{
    /// <summary><c>{"errors":["Forbidden"]}</c>: api.*</summary>
    Texts,

    /// <summary><c>{"errors":[{"status":"403","title":"Forbidden","detail":"Forbidden"}]}</c>: logs v2, events v2</summary>
    Detailed,

    /// <summary><c>{"code":403,"message":"Forbidden"}</c>: legacy logs</summary>
    CodeAndMessage,

    /// <summary>RFC 9457: our own API and pages.</summary>
    Problem,
}

internal static partial class DatadogErrors
{
    private static readonly PathString[] OurOwn = ["/partner", "/connect", "/oauth"];

    public static Task WriteAsync(this HttpRejection refusal, HttpContext context, ErrorShape shape)
    {
        var response = context.Response;
        refusal.WriteHeaders(response);
        if (refusal.Cause is { } cause)
        {
            context.RequestServices.GetRequiredService<GatewayMetrics>().Unavailable(cause);
        }

        var (status, text, stop) = (refusal.Status, refusal.Text, context.RequestAborted);
        return shape switch
        {
            ErrorShape.Detailed => response.WriteAsJsonAsync(
                new Detailed([new(status.ToString(), ReasonPhrases.GetReasonPhrase(status), text)]),
                ErrorsJson.Default.Detailed,
                cancellationToken: stop
            ),
            ErrorShape.CodeAndMessage => response.WriteAsJsonAsync(
                new CodeAndMessage(status, text),
                ErrorsJson.Default.CodeAndMessage,
                cancellationToken: stop
            ),
            ErrorShape.Problem => TypedResults
                .Problem(statusCode: status, title: text, extensions: CauseOf(refusal))
                .ExecuteAsync(context),
            _ => response.WriteAsJsonAsync(new Texts([text]), ErrorsJson.Default.Texts, cancellationToken: stop),
        };
    }

    /// <summary>The shape of what is refused before it is known which route it is for.</summary>
    public static ErrorShape ShapeOf(HttpRequest request) =>
        OurOwn.Any(prefix => request.Path.StartsWithSegments(prefix)) ? ErrorShape.Problem : ErrorShape.Texts;

    private static Dictionary<string, object?>? CauseOf(HttpRejection refusal) =>
        refusal.Cause is { } cause ? new() { ["cause"] = cause.Text() } : null;

    internal sealed record Texts(string[] Errors);

    internal sealed record Detailed(DetailedError[] Errors);

    internal sealed record DetailedError(string Status, string Title, string Detail);

    internal sealed record CodeAndMessage(int Code, string Message);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Texts))]
    [JsonSerializable(typeof(Detailed))]
    [JsonSerializable(typeof(CodeAndMessage))]
    private sealed partial class ErrorsJson : JsonSerializerContext;
}
