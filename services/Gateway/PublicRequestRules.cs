using Partner.Gateway.Grpc;

namespace Partner.Gateway;

/// <summary>Refusals that apply to any request, before its caller and its route are known.</summary>
internal static class PublicRequestRules
{
    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal)
    {
        HttpMethods.Get,
        HttpMethods.Head,
        HttpMethods.Post,
        HttpMethods.Put,
        HttpMethods.Patch,
        HttpMethods.Delete,
        HttpMethods.Options,
    };

    public static void UseRequestRules(this WebApplication app) =>
        app.Use(
            (context, next) =>
            {
                if (HasTwoLengths(context.Request))
                {
                    context.Response.StatusCode = StatusCodes.Status400BadRequest;
                    context.Response.Headers.Connection = "close";
                    return Task.CompletedTask;
                }

                return Check(context)?.WriteAsync(context) ?? next(context);
            }
        );

    private static HttpRejection? Check(HttpContext context) =>
        !Methods.Contains(context.Request.Method) ? HttpRejection.NotImplemented
        : !RequestTarget.IsPlain(context) ? HttpRejection.BadTarget
        : context.Features.Get<GrpcCall>() is { IsServed: false } ? HttpRejection.NotFound
        : null;

    // RFC 9112 6.1: both framings at once is how requests are smuggled. Kestrel reads the chunks and keeps the other
    // length under this name; a proxy in front of us may have believed it, so nothing of it goes on.
    private static bool HasTwoLengths(HttpRequest request) =>
        request.Headers.TransferEncoding.Count > 0
        && (request.Headers.ContainsKey("X-Content-Length") || request.Headers.ContentLength is not null);
}
