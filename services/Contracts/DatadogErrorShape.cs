using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Partner.Contracts;

/// <summary>How Datadog's errors look; that differs by path (datadog-facts 3.1, 3.3).</summary>
public enum DatadogErrorShape
{
    /// <summary><c>{"errors":["Forbidden"]}</c>: api.*</summary>
    Texts,

    /// <summary><c>{"errors":[{"status":"403","title":"Forbidden","detail":"Forbidden"}]}</c>: logs v2, events v2</summary>
    Detailed,

    /// <summary><c>{"code":403,"message":"Forbidden"}</c>: legacy logs</summary>
    CodeAndMessage,
}

/// <summary>Datadog's error bodies, as Datadog's clients parse them.</summary>
public static class DatadogErrors
{
    /// <summary>The JSON of an error, in UTF-8.</summary>
    /// <param name="status">The HTTP status of the answer; the title of a detailed error is its reason phrase.</param>
    /// <param name="text">What a person reads; any text.</param>
    public static byte[] Body(this DatadogErrorShape shape, int status, string text) =>
        shape switch
        {
            DatadogErrorShape.Detailed => Json(
                new
                {
                    errors = new[]
                    {
                        new
                        {
                            status = status.ToString(),
                            title = ReasonPhrases.GetReasonPhrase(status),
                            detail = text,
                        },
                    },
                }
            ),
            DatadogErrorShape.CodeAndMessage => Json(new { code = status, message = text }),
            _ => Json(new { errors = new[] { text } }),
        };

    private static byte[] Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value);
}
