using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Partner.ServiceDefaults;

namespace Partner.Sending;

/// <summary>Datadog's error bodies differ by path (datadog-facts 3.1).</summary>
public enum ErrorShape
{
    /// <summary><c>{"errors":["text"]}</c>: api.*.</summary>
    Texts,

    /// <summary>
    /// <c>{"errors":[{"status":"400","title":"Bad Request","detail":"..."}]}</c>: logs v2, events v2.
    /// </summary>
    Objects,

    /// <summary><c>{"code":400,"message":"..."}</c>: legacy logs.</summary>
    Code,
}

internal static class IntakeErrors
{
    public static async Task WriteAsync(HttpContext context, ErrorShape shape, BodyRejection refusal)
    {
        var (status, detail) = (refusal.Status, refusal.Detail);
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, shape, status, detail);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        var wait =
            refusal.RetryAfter
            ?? (status == StatusCodes.Status503ServiceUnavailable ? Problems.RetryAfterSeconds : null);
        context.Response.Headers.RetryAfter = wait?.ToString();
        if (status == StatusCodes.Status429TooManyRequests)
        {
            // What Datadog's own clients wait for (datadog-facts 3.8).
            context.Response.Headers["X-RateLimit-Reset"] = wait?.ToString();
            context.Response.Headers["X-RateLimit-Name"] = "backlog";
        }

        await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, ErrorShape shape, int status, string detail)
    {
        json.WriteStartObject();
        if (shape == ErrorShape.Code)
        {
            json.WriteNumber("code", status);
            json.WriteString("message", detail);
        }
        else
        {
            json.WriteStartArray("errors");
            if (shape == ErrorShape.Texts)
            {
                json.WriteStringValue(detail);
            }
            else
            {
                json.WriteStartObject();
                json.WriteString("status", status.ToString());
                json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
                json.WriteString("detail", detail);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
