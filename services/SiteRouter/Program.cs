using Partner.Egress;
using Partner.ServiceDefaults;
using Partner.SiteRouter;

await Build(args).RunAsync();

public partial class Program
{
    internal static WebApplication Build(string[] args)
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
