using Microsoft.AspNetCore.Http.Features;
using Partner.Gateway.Ingest;

namespace Partner.Gateway.Grpc;

/// <summary>
/// Makes the POST of OTLP over HTTP of a call, as it is streamed on. The senders then have one intake, with one order of
/// reading, budget, commit and answer, and no port of another protocol; what a call costs more is a prefix of 5 bytes.
/// </summary>
internal static class GrpcRequests
{
    private static readonly HttpRejection NotGrpc = new(
        StatusCodes.Status415UnsupportedMediaType,
        $"This path takes {GrpcCall.ContentType} over HTTP/2."
    );

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var route = context.GetEndpoint()?.Metadata.GetMetadata<IngestRoute>();
        if (route?.GrpcPath is null || context.GetReverseProxyFeature().Route.Config.Match.Path != route.GrpcPath)
        {
            await next(context);
            return;
        }

        var refusal =
            context.Features.Get<GrpcCall>() is null || !IsProtobuf(context.Request.ContentType)
                ? NotGrpc
                : await UnwrapAsync(context, route.MaxBytes);
        await (refusal?.WriteAsync(context) ?? next(context));
    }

    private static async Task<HttpRejection?> UnwrapAsync(HttpContext context, long most)
    {
        // Here, since the forwarder sets it only before a body is begun.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize =
            most + GrpcMessage.PrefixLength;
        try
        {
            return await GrpcMessage.UnwrapAsync(context.Request, most, context.RequestAborted);
        }
        catch (BadHttpRequestException refused)
        {
            return HttpRejection.Of(refused);
        }
    }

    // "+json" would be OTLP/JSON in a frame, which no exporter sends.
    private static bool IsProtobuf(string? contentType) =>
        contentType?.Split(';')[0].Trim().ToLowerInvariant() is GrpcCall.ContentType or $"{GrpcCall.ContentType}+proto";
}
