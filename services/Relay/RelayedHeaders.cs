using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Partner.Relay;

/// <summary>A request as it goes on: byte for byte, with our key in place of whatever the client had for one.</summary>
internal sealed class RelayedHeaders(CurrentKey key) : HttpTransformer
{
    private const string Key = "DD-API-KEY";

    // Of the target nothing is read: the gateway refuses what has two readings, and it has to see it for that.
    private static readonly UriCreationOptions AsWritten = new()
    {
        DangerousDisablePathAndQueryCanonicalization = true,
    };

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext,
        HttpRequestMessage proxyRequest,
        string destinationPrefix,
        CancellationToken cancellationToken
    )
    {
        var headers = httpContext.Request.Headers;
        // RFC 9110 7.6.1: what Connection names is meant for this hop.
        var forThisHop = headers.Connection.SelectMany(value =>
            value?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? []
        );
        // Other secrets of the client's: taking data needs none of them.
        foreach (var name in forThisHop.Concat([Key, "Authorization", "Cookie"]).ToArray())
        {
            headers.Remove(name);
        }

        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = new Uri(destinationPrefix + RawTarget(httpContext), AsWritten);
        // The gateway's own name, and not the one by which a client calls this process.
        proxyRequest.Headers.Host = null;
        proxyRequest.Headers.TryAddWithoutValidation(Key, key.Value.Reveal());
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext,
        HttpResponseMessage? proxyResponse,
        CancellationToken cancellationToken
    )
    {
        var hasBody = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        httpContext.Response.Headers.Remove("Set-Cookie");
        return hasBody;
    }

    /// <summary>The request target as the client wrote it.</summary>
    public static string RawTarget(HttpContext context) =>
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
}
