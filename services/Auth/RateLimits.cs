using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Partner.Auth.Connect;

namespace Partner.Auth;

/// <summary>
/// Per person and per tenant (security 47). Kept per process: with N instances N times as much passes, which still
/// bounds guessing and flooding.
/// </summary>
internal static class RateLimits
{
    public const string People = "people";
    public const string Keys = "keys";

    // An office behind one address is many people; the gateway's own limit is of the same order.
    private const int PeoplePerMinute = 600;
    private const int KeysPerMinute = 120;

    public static IHostApplicationBuilder AddRateLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddRateLimiter(limits =>
        {
            limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limits.OnRejected = (context, _) =>
            {
                context.HttpContext.Response.Headers.RetryAfter = "60";
                return IsForPeople(context.HttpContext)
                    ? new ValueTask(Page.Of(Failures.Of(Failures.TooMany), 429).ExecuteAsync(context.HttpContext))
                    : ValueTask.CompletedTask;
            };
            // Only the gateway may call, and it writes this header itself.
            limits.AddPolicy(People, context => PerMinute(
                context.Request.Headers["X-Forwarded-For"].ToString() is { Length: > 0 } client
                    ? client
                    : context.Connection.RemoteIpAddress?.ToString() ?? "",
                PeoplePerMinute));
            limits.AddPolicy(Keys, context => PerMinute(
                (context.GetRouteValue("connection") ?? context.GetRouteValue("tenant"))?.ToString() ?? "",
                KeysPerMinute));
        });
        return builder;
    }

    private static bool IsForPeople(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName == People;

    private static RateLimitPartition<string> PerMinute(string partition, int permits) =>
        RateLimitPartition.GetFixedWindowLimiter(partition, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = permits,
            Window = TimeSpan.FromMinutes(1),
        });
}
