using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Partner.Gateway.Browser;

internal static class BrowserFeature
{
    public static void AddBrowser(this WebApplicationBuilder builder)
    {
        builder.Services.AddCors();
        builder.Services.AddSingleton<ICorsPolicyProvider, BrowserCors>();
        builder.Services.AddSingleton<ICorsService, VaryingCorsService>();
    }
}
