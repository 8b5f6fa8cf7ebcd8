using System.Diagnostics;

namespace Partner.Gateway;

/// <summary>
/// The access log. It names the route and not the path, and no query or header: those are the client's text and may
/// hold a key (security 29). A request that went well is only counted, unless Debug is on.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, GatewayMetrics metrics, ILogger<RequestLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
            if (route is not ("/health" or "/alive"))
            {
                var status =
                    context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted
                        ? StatusCodes.Status499ClientClosedRequest
                        : context.Response.StatusCode;
                metrics.Answered(route, status);
                Log.Answered(
                    logger,
                    status < 400 ? LogLevel.Debug : LogLevel.Information,
                    context.Request.Method,
                    route,
                    status,
                    (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds
                );
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage("{Method} {Route} {Status} in {Milliseconds} ms")]
        public static partial void Answered(
            ILogger logger,
            LogLevel level,
            string method,
            string route,
            int status,
            long milliseconds
        );
    }
}

internal static class RequestLogFeature
{
    public static void AddRequestLog(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<GatewayMetrics>();

    public static void UseRequestLog(this WebApplication app) => app.UseMiddleware<RequestLog>();
}
