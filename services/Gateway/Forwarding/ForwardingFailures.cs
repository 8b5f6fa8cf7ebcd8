using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace Partner.Gateway.Forwarding;

/// <summary>
/// A sender that is away, late or broken is 503 with Retry-After and never 500, 502 or 504: nothing was accepted, and
/// every client of Datadog's tries again after a 503 (faults F25).
/// </summary>
internal static partial class ForwardingFailures
{
    private const string FinalHeader = "X-Service-Answer";

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var error = context.GetForwarderErrorFeature();
        var heldBack = context.Features.Get<HeldBack>();
        if ((error is null && heldBack is null) || context.Response.HasStarted)
        {
            return;
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }

        var route = context.Features.GetRequiredFeature<DoorRoute>();
        if (error?.Error is ForwarderError.RequestBodyClient || Refused(error?.Exception) is not null)
        {
            await Refusal.Of(Refused(error?.Exception)).WriteAsync(context, route.Errors);
            return;
        }

        var logger = context.RequestServices.GetRequiredService<ILogger<RouteTable>>();
        Log.Unavailable(logger, route.Service, heldBack?.Status.ToString() ?? error!.Error.ToString());
        await Refusal.Unavailable.WriteAsync(context, route.Errors);
    }

    /// <summary>
    /// A sender that refuses our service token, or has lost its head, is a failure of ours; to a client 401 and 403
    /// would say that its key is bad, and it would drop its data. A sender that passes on Datadog's own word says so.
    /// </summary>
    public static ValueTask HoldBackAsync(ResponseTransformContext context)
    {
        var isIngest = context.HttpContext.Features.GetRequiredFeature<Passage>().Kind == PassageKind.Ingest;
        var isFinal = context.HttpContext.Response.Headers.Remove(FinalHeader);
        if (isIngest && !isFinal && (int?)context.ProxyResponse?.StatusCode is { } status and (401 or 403 or (>= 500 and not 503)))
        {
            context.HttpContext.Features.Set(new HeldBack(status));
            context.HttpContext.Response.Headers.Clear();
            context.SuppressResponseBody = true;
        }

        return ValueTask.CompletedTask;
    }

    // Kestrel's word on the client's body comes wrapped in what it did to the forwarding.
    private static BadHttpRequestException? Refused(Exception? exception) => exception switch
    {
        BadHttpRequestException refused => refused,
        AggregateException many => many.InnerExceptions.Select(Refused).FirstOrDefault(e => e is not null),
        _ => exception?.InnerException is { } inner ? Refused(inner) : null,
    };

    private sealed record HeldBack(int Status);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Answered 503: {Service} is unavailable ({Reason})")]
        public static partial void Unavailable(ILogger logger, string service, string reason);
    }
}
