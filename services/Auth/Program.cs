using Partner.Auth.Connect;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth;

internal static class Program
{
    public static void Main(string[] args) => Build(args).Run();

    internal static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddStores();
        builder.AddEgress();
        builder.AddAuthOptions();
        builder.AddRateLimits();
        builder.AddAuthServices();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseServiceDefaults();
        app.UseRateLimiter();
        app.UseIdempotencyKeys();
        app.MapDefaultEndpoints();
        app.MapConnect();
        app.MapPartnerApi();
        app.MapAccessTokens();
        return app;
    }
}
