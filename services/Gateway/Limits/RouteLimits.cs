using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;
using Partner.Gateway.Keys;

namespace Partner.Gateway.Limits;

/// <summary>
/// Holds a request to what its route says: the rate limit that it names, and its largest body. In place of the
/// framework's UseRateLimiter, whose limiters know neither the time provider nor the exact wait, and have no bound on how
/// many they are.
/// </summary>
internal sealed class RouteLimits(RequestDelegate next, RequestLimits limits)
{
    public Task InvokeAsync(HttpContext context) => Check(context)?.WriteAsync(context) ?? next(context);

    private HttpRejection? Check(HttpContext context) =>
        CheckRate(context)
        // A body that does not say its length is ended by YARP's limit at this many bytes.
        ?? (
            context.Request.ContentLength > context.GetReverseProxyFeature().Route.Config.MaxRequestBodySize
                ? HttpRejection.TooLarge
                : null
        );

    private HttpRejection? CheckRate(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName switch
        {
            null => null,
            RequestLimits.Ingest => limits.Connection(context.Features.GetRequiredFeature<IngestKey>().Connection),
            RequestLimits.BrowserLogs => limits.ClientToken(context.Features.GetRequiredFeature<IngestKey>().KeyId),
            RequestLimits.Pages => limits.Person(context),
            var other => throw new InvalidOperationException($"There is no rate limit {other}."),
        };
}
