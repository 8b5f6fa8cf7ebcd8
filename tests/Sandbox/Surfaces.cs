using Partner.Sandbox.Admin;
using Partner.Sandbox.Intake;
using Partner.Sandbox.Keys;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Reads;
using Partner.Sandbox.Traces;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox;

/// <summary>
/// What each kind of host serves. Every request to Datadog passes the same pipeline; a new intake is one file and one
/// line here.
/// </summary>
internal static class Surfaces
{
    public static void Map(WebApplication app, SandboxState state)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use((context, next) => state.Journal.RecordAsync(context, next, state.Issued));
        app.Use(HostDispatch.RunAsync);
        app.Use((context, next) => Identify.RunAsync(context, next, state));
        app.UseRouting();
        app.Use(OnlyOnItsHosts);
        app.Use(Bodies.RunAsync);
        app.Use((context, next) => FaultInjection.RunAsync(context, next, state, stopping));
        app.Use((context, next) => state.Holds.RunAsync(context, next, stopping));
        app.Use((context, next) => context.GetEndpoint() is null ? NotHere(context) : next(context));

        On(app, Product.None).MapHomePage().MapAdminApi().MapOpenApi($"{AdminApi.Prefix}/openapi.json");
        On(app, Product.App).MapAuthorizePage();
        On(app, Product.Api).MapTokenApi().MapMarketplaceKeyApi().MapValidateApi().MapCurrentUserApi();
        On(app, Product.Api).MapSeriesIntake().MapChecksIntake().MapEventsIntake().MapIncidentsApi();
        On(app, Product.Api).MapReadsApi();
        On(app, Product.Events).MapEventsV2Intake();
        On(app, Product.Logs).MapLogsIntake();
        On(app, Product.Otlp | Product.PlatformOtlp).MapOtlpTraces();
        On(app, Product.Spans).MapJsonSpans();
        On(app, Product.TraceAgent).MapAgentTraces();
    }

    /// <summary>None is the sandbox itself: the names that are not Datadog's.</summary>
    private static RouteGroupBuilder On(WebApplication app, Product product) =>
        app.MapGroup("").WithMetadata(new ServedBy(product));

    // A path of another product is as unknown as one of none; the 404 comes after the faults, which may name any path.
    private static Task OnlyOnItsHosts(HttpContext context, RequestDelegate next)
    {
        var served = context.GetEndpoint()?.Metadata.GetMetadata<ServedBy>()?.Product;
        var isServed = context.Exchange().Host is { } asked
            ? served is not null && (asked.Products & served) != 0
            : served is null or Product.None;
        if (!isServed)
        {
            context.SetEndpoint(null);
        }

        return next(context);
    }

    private static Task NotHere(HttpContext context) => Answer.NotFound(Fact.NoSuchPath).ExecuteAsync(context);

    private sealed record ServedBy(Product Product);
}
