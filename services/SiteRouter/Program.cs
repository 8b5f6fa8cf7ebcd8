using Partner.Egress;
using Partner.ServiceDefaults;

namespace Partner.SiteRouter;

internal static class Program
{
    public static Task Main(string[] args) => Build(args).RunAsync();

    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddEgress();
        builder.AddConnections();

        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapDefaultEndpoints();
        app.MapSiteRouter();
        return app;
    }
}
