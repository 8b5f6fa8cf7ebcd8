using Partner.Gateway.Browser;
using Partner.Gateway.Forwarding;
using Partner.Gateway.Ingest;
using Partner.Gateway.Keys;
using Partner.Gateway.Limits;
using Partner.Gateway.PartnerApi;

namespace Partner.Gateway;

internal static class Program
{
    public static Task Main(string[] args) => Build(args).RunAsync();

    internal static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The table of senders lies beside the program, wherever that is started from.
        var options = new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory };
        var builder = WebApplication.CreateBuilder(options);
        builder.AddServiceDefaults();
        builder.AddPublicServer();
        builder.AddLimits();
        builder.AddKeyTable();
        builder.AddIngest();
        builder.AddPartnerCredentials();
        builder.AddForwarding();
        builder.AddRequestLog();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.UsePublicServer();
        app.UseServiceDefaults(routed => routed.UseCors());
        app.MapDefaultEndpoints();
        app.MapValidate();
        app.MapApiDocument();
        app.MapAgent();
        app.MapBrowser();
        app.MapForwarding();
        app.MapRejections();
        return app;
    }
}
