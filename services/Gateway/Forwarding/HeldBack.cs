using Partner.Gateway.Ingest;
using Yarp.ReverseProxy.Transforms;

namespace Partner.Gateway.Forwarding;

/// <summary>
/// A service's answer that does not go on as it is. One that refuses our service token is a failure of ours; to a
/// client 401 and 403 would say that its key is bad, and it would drop its data. A service's words on its own failure
/// are for our logs. A sender that passes on Datadog's own word says so.
/// </summary>
internal sealed record HeldBack(int Status, ForwardingFailure Failure)
{
    private const string FinalHeader = "X-Service-Answer";

    public static ValueTask ApplyAsync(ResponseTransformContext context)
    {
        var isIntake = context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<IngestRoute>() is not null;
        var isFinal = context.HttpContext.Response.Headers.Remove(FinalHeader);
        if (
            !isFinal
            && (int?)context.ProxyResponse?.StatusCode is { } status
            && ForwardingFailure.Of(status, isIntake) is { } failure
        )
        {
            context.HttpContext.Features.Set(new HeldBack(status, failure));
            context.HttpContext.Response.Headers.Clear();
            context.SuppressResponseBody = true;
        }

        return ValueTask.CompletedTask;
    }
}
