namespace Partner.Sandbox.Admin;

/// <summary>
/// A loopback page is a web page too: any site that a person has open may post to it. A browser says where a post comes
/// from in Origin, and the host has to be a loopback name, or a name that its owner re-bound to 127.0.0.1 would do.
/// </summary>
internal static class OwnOrigin
{
    /// <summary>For forms: only a browser sends them, and it always names the origin of a post.</summary>
    public static ValueTask<object?> RequireAsync(
        EndpointFilterInvocationContext context,
        EndpointFilterDelegate next
    ) => IsOwn(context.HttpContext.Request) ? next(context) : Refuse();

    /// <summary>For the admin API: a program sends no Origin, a browser has to be on this very page.</summary>
    public static ValueTask<object?> RequireIfNamedAsync(
        EndpointFilterInvocationContext context,
        EndpointFilterDelegate next
    )
    {
        var request = context.HttpContext.Request;
        return HttpMethods.IsGet(request.Method) || request.Headers.Origin.Count == 0 || IsOwn(request)
            ? next(context)
            : Refuse();
    }

    private static bool IsOwn(HttpRequest request) =>
        request.Headers.Origin == $"{request.Scheme}://{request.Host}"
        && request.Host.Host is "localhost" or "127.0.0.1" or "[::1]";

    private static ValueTask<object?> Refuse() =>
        ValueTask.FromResult<object?>(
            Html.Page(
                "Not from this page",
                "<p>Only the sandbox's own page may ask for this. <a href=\"/\">Open it</a> and try again.</p>",
                403
            )
        );
}
