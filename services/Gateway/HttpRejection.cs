using System.Globalization;
using Partner.Gateway.Grpc;
using Code = Google.Rpc.Code;

namespace Partner.Gateway;

/// <summary>Why a request goes no further. One value, written in the shape that the path's clients expect.</summary>
/// <param name="Grpc">Told to a client of gRPC; null: what the status says there.</param>
internal sealed record HttpRejection(
    int Status,
    string Text,
    TimeSpan? RetryAfter = null,
    AnnouncedRateLimit? Limit = null,
    string? Allow = null,
    UnavailableCause? Cause = null,
    Code? Grpc = null
)
{
    /// <summary>Datadog's words, where Datadog's clients may look for them (datadog-facts 2.4, 2.6).</summary>
    public static readonly HttpRejection KeyRequired = new(403, "API key required");
    public static readonly HttpRejection Forbidden = new(403, "Forbidden");
    public static readonly HttpRejection NotFound = new(404, "Not found");
    public static readonly HttpRejection TooLarge = new(413, "Payload too large");

    public static readonly HttpRejection Unauthenticated = new(401, "A partner credential is required.");
    public static readonly HttpRejection ReadOnly = new(403, "This credential may only read.");

    /// <summary>The path is one to us and might be another to the service that reads it after us.</summary>
    public static readonly HttpRejection BadTarget = new(400, "The path is not plain.");

    /// <summary>RFC 9110 9.1: a method that no path here has.</summary>
    public static readonly HttpRejection NotImplemented = new(501, "Method not implemented");

    /// <summary>The request cannot be written down again as one of ours; it will not go better a second time.</summary>
    public static readonly HttpRejection CannotForward = new(400, "This request cannot be passed on");

    /// <summary>The service behind failed over this request, and may do so each time.</summary>
    public static readonly HttpRejection Failed = new(500, "Internal server error");

    /// <summary>Something behind the gateway is away; nothing was accepted, and it may go well in a moment.</summary>
    public static HttpRejection Unavailable(UnavailableCause cause) =>
        new(503, "Service unavailable", TimeSpan.FromSeconds(5), Cause: cause);

    public static HttpRejection TooMany(string name, double perSecond, TimeSpan wait) =>
        new(429, "Too many requests", wait, AnnouncedRateLimit.Of(name, perSecond));

    public static HttpRejection MethodNotAllowed(string allow) => new(405, "Method not allowed", Allow: allow);

    /// <summary>The body could not be read to its end: Kestrel refused it with 400, 408 or 413, or could not parse it.</summary>
    public static HttpRejection Of(BadHttpRequestException? refused) =>
        (refused?.StatusCode ?? 400) switch
        {
            413 => TooLarge,
            408 => new(408, "Request timeout"),
            _ when refused is GrpcMessageException => new(400, refused.Message),
            var status => new(status, "Bad request"),
        };

    public Task WriteAsync(HttpContext context)
    {
        WriteHeaders(context.Response);
        if (Cause is { } cause)
        {
            context.RequestServices.GetRequiredService<GatewayMetrics>().Unavailable(cause);
        }

        if (context.Features.Get<GrpcCall>() is { } call)
        {
            call.Refusal = this;
            return Task.CompletedTask;
        }

        if (ErrorShapeMetadata.Of(context) is not { } shape)
        {
            return TypedResults
                .Problem(
                    statusCode: Status,
                    title: Text,
                    extensions: Cause is { } why ? new Dictionary<string, object?> { ["cause"] = why.Text() } : null
                )
                .ExecuteAsync(context);
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.Body.WriteAsync(shape.Body(Status, Text), context.RequestAborted).AsTask();
    }

    private void WriteHeaders(HttpResponse response)
    {
        response.StatusCode = Status;
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Seconds(wait);
        }

        if (Allow is not null)
        {
            response.Headers.Allow = Allow;
        }

        if (this == Unauthenticated)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (Limit is { } limit)
        {
            // The headers of datadog-facts 3.8: seconds, Reset counts from now.
            response.Headers["X-RateLimit-Limit"] = limit.Requests.ToString(CultureInfo.InvariantCulture);
            response.Headers["X-RateLimit-Period"] = limit.PeriodSeconds.ToString(CultureInfo.InvariantCulture);
            response.Headers["X-RateLimit-Remaining"] = "0";
            response.Headers["X-RateLimit-Reset"] = Seconds(RetryAfter ?? default);
            response.Headers["X-RateLimit-Name"] = limit.Name;
        }
    }

    private static string Seconds(TimeSpan time) => Problems.WholeSeconds(time).ToString(CultureInfo.InvariantCulture);
}

internal sealed record AnnouncedRateLimit(string Name, long Requests, long PeriodSeconds)
{
    /// <summary>Rates below one a second are told per minute or hour.</summary>
    public static AnnouncedRateLimit Of(string name, double perSecond) =>
        perSecond switch
        {
            >= 1 => new(name, (long)perSecond, 1),
            >= 1 / 60.0 => new(name, (long)(perSecond * 60), 60),
            _ => new(name, (long)(perSecond * 3600), 3600),
        };
}
