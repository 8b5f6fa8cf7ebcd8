namespace Partner.Gateway.Forwarding;

/// <summary>
/// A service that is away, late or broken off is 503 with Retry-After: nothing was accepted, and every client of
/// Datadog's tries again after a 503 (faults F25). A request that would fail again is not 503: it would be sent for
/// ever.
/// </summary>
internal static partial class ForwardingFailures
{
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

        var failure = heldBack?.Failure ?? ForwardingFailure.Of(error!.Error, error.Exception);
        Tell(context, failure, heldBack?.Status.ToString() ?? error!.Error.ToString());
        await failure.Refusal.WriteAsync(context);
    }

    private static void Tell(HttpContext context, ForwardingFailure failure, string reason)
    {
        var route = context.GetReverseProxyFeature().Route.Config;
        var service = route.ClusterId!;
        var logger = context.RequestServices.GetRequiredService<ILogger<RouteTable>>();
        if (failure.Refusal.Cause is { } cause)
        {
            Log.Unavailable(logger, service, cause.Text(), reason);
        }
        else if (failure.Alert is { } alert)
        {
            Log.Failed(logger, failure.Refusal.Status, service, context.Request.Method, route.Match.Path!, alert);
            context
                .RequestServices.GetRequiredService<GatewayMetrics>()
                .Failed(service, failure.Refusal == HttpRejection.Failed ? "service-failed" : "cannot-forward");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Service} is unavailable: {Cause} ({Reason})")]
        public static partial void Unavailable(ILogger logger, string service, string cause, string reason);

        [LoggerMessage(
            LogLevel.Error,
            "Answered {Status}, which a repetition will not mend: {Service}, {Method} {Route} ({Reason})"
        )]
        public static partial void Failed(
            ILogger logger,
            int status,
            string service,
            string method,
            string route,
            string reason
        );
    }
}
