using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Microsoft.AspNetCore.WebUtilities;

namespace Partner.Gateway.Grpc;

/// <summary>What HTTP says of a refusal, as OTLP's clients read it from gRPC.</summary>
internal static class GrpcStatus
{
    /// <summary>
    /// Of these a client sends UNAVAILABLE, ABORTED and DEADLINE_EXCEEDED again, and nothing else
    /// (https://opentelemetry.io/docs/specs/otlp/#failures). What is too large or too much of one sort is no
    /// RESOURCE_EXHAUSTED, which some clients send again and others drop: the first is INVALID_ARGUMENT, and for the
    /// second a server "MUST return an error with code Unavailable" (the same, "OTLP/gRPC Throttling").
    /// </summary>
    /// <param name="isKnown">The caller's key is one of ours.</param>
    public static Code Of(int status, bool isKnown) =>
        status switch
        {
            >= 200 and < 300 => Code.Ok,
            StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => isKnown
                ? Code.PermissionDenied
                : Code.Unauthenticated,
            StatusCodes.Status404NotFound
            or StatusCodes.Status405MethodNotAllowed
            or StatusCodes.Status415UnsupportedMediaType
            or StatusCodes.Status501NotImplemented => Code.Unimplemented,
            StatusCodes.Status408RequestTimeout => Code.DeadlineExceeded,
            StatusCodes.Status409Conflict => Code.Aborted,
            StatusCodes.Status429TooManyRequests
            or StatusCodes.Status502BadGateway
            or StatusCodes.Status503ServiceUnavailable
            or StatusCodes.Status504GatewayTimeout => Code.Unavailable,
            StatusCodes.Status499ClientClosedRequest => Code.Cancelled,
            >= 400 and < 500 => Code.InvalidArgument,
            _ => Code.Internal,
        };

    /// <summary>
    /// Of an answer without a message ("Trailers-Only"). Where HTTP has Retry-After, the details say it again: clients
    /// that wait for it read it there.
    /// </summary>
    public static void Write(IHeaderDictionary headers, Code code, string text)
    {
        headers.GrpcStatus = ((int)code).ToString(CultureInfo.InvariantCulture);
        headers.GrpcMessage = PercentEncoded(text);
        if (int.TryParse(headers.RetryAfter, CultureInfo.InvariantCulture, out var seconds))
        {
            var wait = new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) };
            var status = new Google.Rpc.Status
            {
                Code = (int)code,
                Message = text,
                Details = { Any.Pack(wait) },
            };
            headers["grpc-status-details-bin"] = Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');
        }
    }

    /// <summary>The words of a service's refusal: Datadog's <c>{"errors":["text"]}</c>, or a problem's title.</summary>
    public static string TextOf(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            var json = JsonNode.Parse(body) as JsonObject;
            var text = json?["errors"] is JsonArray { Count: > 0 } errors ? errors[0] : json?["title"];
            return text?.GetValue<string>() ?? ReasonPhrases.GetReasonPhrase(status);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return ReasonPhrases.GetReasonPhrase(status);
        }
    }

    // What is no visible ASCII, and the percent sign itself ("Responses" in the protocol).
    private static string PercentEncoded(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            _ = octet is >= 0x20 and <= 0x7E and not (byte)'%'
                ? encoded.Append((char)octet)
                : encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return encoded.ToString();
    }
}
