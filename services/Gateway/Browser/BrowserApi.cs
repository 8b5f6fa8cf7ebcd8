namespace Partner.Gateway.Browser;

/// <summary>What the SDK for browsers sends beside logs.</summary>
internal static class BrowserApi
{
    private static readonly HttpRejection OnlyLogs = HttpRejection.Forbidden with
    {
        Text = "Of what browsers send, logs alone are taken.",
    };

    public static void MapBrowser(this IEndpointRouteBuilder routes)
    {
        var browser = routes.MapGroup("").AllowAnonymous().RequireCors(BrowserCors.Policy);
        browser.MapPost(BrowserPaths.Rum, (RequestDelegate)DropAsync);
        browser
            .Map($"{BrowserPaths.Prefix}/{{**path}}", (RequestDelegate)OnlyLogs.WriteAsync)
            .WithMetadata(new ErrorShapeMetadata(DatadogErrorShape.Detailed));
    }

    // The SDK for logs sends it without being asked, and a refusal would be an error in the console of every fifth
    // visitor. Who looks for the RUM that does not arrive finds this in the browser's view of the network.
    private static Task DropAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(
            """{"dropped":"RUM and what the SDK says of itself are not passed on."}""",
            context.RequestAborted
        );
    }
}
