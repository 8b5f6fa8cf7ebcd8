namespace Partner.SiteRouter.Datadog;

/// <summary>Of an endpoint: its clients are Datadog's own, which parse Datadog's errors.</summary>
internal sealed class DatadogClientsMetadata
{
    /// <summary>Tells the gateway that a 403 is about the grant, and not about its own token.</summary>
    private const string OriginHeader = "X-Service-Answer";

    /// <returns>Null: the endpoint is of the partner API.</returns>
    public static DatadogClientsMetadata? Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<DatadogClientsMetadata>();

    /// <summary>Before an answer begins that is for the client as it is.</summary>
    public static void Mark(HttpContext context)
    {
        if (Of(context) is not null)
        {
            context.Response.Headers[OriginHeader] = "final";
        }
    }

    /// <summary>The problem as a text in Datadog's shape; its headers have been set.</summary>
    public static Task WriteAsync(HttpContext context, CallProblem problem)
    {
        Mark(context);
        var response = context.Response;
        // These clients know of no connection: what it lacks is a grant, as when they declare an incident.
        var isOfConnection = problem == CallProblem.NoConnection || problem.Status == StatusCodes.Status409Conflict;
        response.StatusCode = isOfConnection ? StatusCodes.Status403Forbidden : problem.Status;
        response.ContentType = "application/json";
        var body = DatadogErrorShape.Texts.Body(response.StatusCode, problem.Title);
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
