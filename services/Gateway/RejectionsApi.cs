using Microsoft.Extensions.Options;
using Partner.Gateway.Forwarding;
using Partner.Gateway.Ingest;

namespace Partner.Gateway;

/// <summary>
/// Requests that no service answers: a known path with another method, an endpoint that OAuth cannot serve, the rest.
/// </summary>
internal static class RejectionsApi
{
    public const string EventsPath = "/api/v2/events";

    private static readonly HttpRejection ReadsAreOff = HttpRejection.Forbidden with
    {
        Text = "This is not read with an ingest key here; the partner API reads it.",
    };

    public static void MapRejections(this IEndpointRouteBuilder routes)
    {
        var rejections = routes.MapGroup("").AllowAnonymous();
        foreach (
            var path in routes
                .ServiceProvider.GetRequiredService<RouteTable>()
                .All.Where(route => route.Config.Match.Methods is not null)
                .GroupBy(route => route.Config.Match.Path!)
        )
        {
            var allow = string.Join(", ", path.SelectMany(route => route.Config.Match.Methods!));
            rejections
                .Reject(path.Key, HttpRejection.MethodNotAllowed(allow))
                .WithMetadata([.. path.First().Metadata.OfType<ErrorShapeMetadata>()]);
        }

        foreach (var path in ValidateApi.Paths)
        {
            rejections.Reject(path, HttpRejection.MethodNotAllowed(HttpMethods.Get));
        }

        var services = routes.ServiceProvider;
        if (!services.GetRequiredService<IOptions<IngestOptions>>().Value.IncidentReads)
        {
            var senders = services.GetRequiredService<IOptions<SendersOptions>>().Value.Values;
            foreach (var route in senders.SelectMany(sender => sender.Routes).Where(route => route.Reads))
            {
                rejections
                    .MapMethods(route.Path, route.Methods, (RequestDelegate)ReadsAreOff.WriteAsync)
                    .WithMetadata(new ErrorShapeMetadata(route.Errors));
            }
        }

        var detailed = new ErrorShapeMetadata(DatadogErrorShape.Detailed);
        rejections.Reject(EventsPath, HttpRejection.MethodNotAllowed(HttpMethods.Post)).WithMetadata(detailed);
        // It needs an application key, which an OAuth integration has not (datadog-facts 2.9).
        var refused = HttpRejection.Forbidden with
        {
            Text = "Application key required; send events to /api/v1/events.",
        };
        rejections.MapPost(EventsPath, (RequestDelegate)refused.WriteAsync).WithMetadata(detailed);
        rejections
            .Reject("/{**path}", HttpRejection.NotFound)
            .WithMetadata(new ErrorShapeMetadata(DatadogErrorShape.Texts));
    }

    private static IEndpointConventionBuilder Reject(
        this IEndpointRouteBuilder routes,
        string path,
        HttpRejection rejection
    ) => routes.Map(path, (RequestDelegate)rejection.WriteAsync);
}
