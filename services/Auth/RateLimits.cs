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
    internal const int KeysPerMinute = 120;

    public static IHostApplicationBuilder AddRateLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TenantLimits>();
        builder.Services.AddRateLimiter(limits =>
        {
            limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limits.OnRejected = (context, _) =>
            {
                context.HttpContext.Response.Headers.RetryAfter = "60";
                return IsForPeople(context.HttpContext)
                    ? new ValueTask(
                        HtmlPage.Of(PageReasons.Of(PageReasons.TooMany), 429).ExecuteAsync(context.HttpContext)
                    )
                    : ValueTask.CompletedTask;
            };
            // Only the gateway may call, and it writes this header itself.
            limits.AddPolicy(
                People,
                context =>
                    PerMinute(
                        context.Request.Headers["X-Forwarded-For"].ToString() is { Length: > 0 } client
                            ? client
                            : context.Connection.RemoteIpAddress?.ToString() ?? "",
                        PeoplePerMinute
                    )
            );
            limits.AddPolicy(
                Keys,
                context =>
                    PerMinute(
                        (context.GetRouteValue("connection") ?? context.GetRouteValue("tenant"))?.ToString() ?? "",
                        KeysPerMinute
                    )
            );
        });
        return builder;
    }

    private static bool IsForPeople(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName == People;

    internal static RateLimitPartition<string> PerMinute(string partition, int permits) =>
        RateLimitPartition.GetFixedWindowLimiter(
            partition,
            _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = TimeSpan.FromMinutes(1) }
        );
}

/// <summary>For requests that name their tenant in the body, which the middleware does not see.</summary>
internal sealed class TenantLimits : IDisposable
{
    private readonly PartitionedRateLimiter<TenantId> _limiter = PartitionedRateLimiter.Create<TenantId, string>(
        tenant => RateLimits.PerMinute(tenant.Text, RateLimits.KeysPerMinute)
    );

    public bool Allows(TenantId tenant)
    {
        using var lease = _limiter.AttemptAcquire(tenant);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
