using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Partner.Gateway.Forwarding;

/// <summary>
/// A client's words about itself end here; the gateway decides what a service is told about it (security 45).
/// </summary>
internal static class RequestHeaders
{
    private static readonly string[] InternalPrefixes =
    [
        "X-Tenant-",
        "X-Connection-",
        "X-Forwarded-",
        "X-Original-",
        "X-Service-",
        "Service-",
        "Proxy-",
    ];

    private static readonly HashSet<string> InternalNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization",
        "Forwarded",
        "X-Real-IP",
        "X-Content-Length",
        "DD-API-KEY",
        "DD-APPLICATION-KEY",
        // The client's trace; the forwarder puts in ours (OwnTraces).
        "traceparent",
        "tracestate",
        "baggage",
        "Request-Id",
        "Correlation-Context",
    };

    // What a visitor, a client without a credential, may do on every route: it never reaches what is the partner's.
    private static readonly ServiceClaims Visitor = new(Only: "people");

    public static void Apply(TransformBuilderContext builder)
    {
        builder.UseDefaultForwarders = false;
        builder.AddRequestTransform(ReplaceAsync);
        builder.AddResponseHeaderRemove("Server", ResponseCondition.Always);
        builder.AddResponseTransform(HeldBack.ApplyAsync);
    }

    private static ValueTask ReplaceAsync(RequestTransformContext context)
    {
        var caller = context.HttpContext.Features.Get<ServiceClaims>();
        var headers = context.ProxyRequest.Headers;
        // RFC 9110 7.6.1: what Connection names is meant for this hop.
        var forThisHop = context
            .HttpContext.Request.Headers.Connection.SelectMany(value =>
                value?.Split(',', StringSplitOptions.TrimEntries) ?? []
            )
            .Where(context.HttpContext.Request.Headers.ContainsKey);
        var internals = headers.NonValidated.Select(header => header.Key).Where(IsInternal);
        foreach (var name in internals.Concat(forThisHop).ToArray())
        {
            RequestTransform.RemoveHeader(context, name);
        }

        // Cookies mean something on people's pages only.
        if (caller is not null)
        {
            headers.Remove("Cookie");
        }
        else if (context.HttpContext.Connection.RemoteIpAddress is { } address)
        {
            headers.TryAddWithoutValidation("X-Forwarded-For", address.ToString());
        }

        var tokens = context.HttpContext.RequestServices.GetRequiredService<ServiceTokenIssuer>();
        var service = context.HttpContext.GetReverseProxyFeature().Route.Config.ClusterId!;
        headers.TryAddWithoutValidation("Authorization", $"Bearer {tokens.Issue(service, caller ?? Visitor)}");
        return ValueTask.CompletedTask;
    }

    private static bool IsInternal(string name) =>
        InternalNames.Contains(name)
        || InternalPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
