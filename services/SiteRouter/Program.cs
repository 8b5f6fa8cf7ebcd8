using Partner.Egress;
using Partner.SiteRouter.Datadog;

namespace Partner.SiteRouter;

internal static class Program
{
    public static Task Main(string[] args) => Build(args).RunAsync();

    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.PassHeaderBytes();
        builder.AddEgress();
        builder.AddConnections();
        builder.AddDatadogApi();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapDefaultEndpoints();
        app.MapSiteRouter();
        app.MapDatadog();
        app.MapIncidentReads();
        return app;
    }
}
