using Partner.Gateway.Forwarding;

namespace Partner.Gateway;

/// <summary>What nobody is behind: a known path with another method, an endpoint that OAuth cannot serve, the rest.</summary>
internal static class RejectionsApi
{
    public static void MapRefusals(this IEndpointRouteBuilder routes)
    {
        var refusals = routes.MapGroup("").AllowAnonymous();
        foreach (
            var path in routes
                .ServiceProvider.GetRequiredService<RouteTable>()
                .All.Where(route => route.Methods is not null)
                .GroupBy(route => route.Path)
        )
        {
            var allow = string.Join(", ", path.SelectMany(route => route.Methods!));
            refusals.Refuse(path.Key, HttpRejection.MethodNotAllowed(allow), path.First().Errors);
        }

        refusals.Refuse("/api/v1/validate", HttpRejection.MethodNotAllowed(HttpMethods.Get));
        refusals.Refuse("/api/v2/validate", HttpRejection.MethodNotAllowed(HttpMethods.Get));
        refusals.Refuse("/api/v2/events", HttpRejection.MethodNotAllowed(HttpMethods.Post), ErrorShape.Detailed);
        // It needs an application key, which an OAuth integration has not (datadog-facts 2.9).
        var refused = HttpRejection.Forbidden with
        {
            Text = "Application key required; send events to /api/v1/events.",
        };
        refusals.MapPost(
            "/api/v2/events",
            (RequestDelegate)(context => refused.WriteAsync(context, ErrorShape.Detailed))
        );
        refusals.Refuse("/{**path}", HttpRejection.NotFound);
    }

    private static void Refuse(
        this IEndpointRouteBuilder routes,
        string path,
        HttpRejection refusal,
        ErrorShape shape = ErrorShape.Texts
    ) => routes.Map(path, (RequestDelegate)(context => refusal.WriteAsync(context, shape)));
}
