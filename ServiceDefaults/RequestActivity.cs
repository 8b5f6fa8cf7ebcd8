using System.Diagnostics;

namespace Partner.ServiceDefaults;

/// <summary>
/// Names the server span by its route and tags it by the HTTP semantic conventions
/// (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). The path and query are left out: they are the
/// client's text, and may hold a credential. Own code beside OpenTelemetry.Instrumentation.AspNetCore, which puts
/// both into every span, and whose redaction Aspire switches off (13.6.5).
/// </summary>
internal sealed class RequestActivity(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (Activity.Current is { } activity)
            {
                Tag(activity, context);
            }
        }
    }

    private static void Tag(Activity activity, HttpContext context)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        activity.DisplayName = route is null ? context.Request.Method : $"{context.Request.Method} {route}";
        activity.SetTag("http.request.method", context.Request.Method);
        activity.SetTag("http.response.status_code", context.Response.StatusCode);
        activity.SetTag("http.route", route);
        if (context.Response.StatusCode >= 500)
        {
            activity.SetTag("error.type", context.Response.StatusCode.ToString());
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }
}
