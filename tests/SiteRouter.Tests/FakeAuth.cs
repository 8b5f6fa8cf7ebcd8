using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.SiteRouter.Tests;

/// <summary>An auth on a port of its own that checks tokens itself; what it answers is the test's.</summary>
internal static class FakeAuth
{
    public static WebApplication Build(ServiceIdentity auth, ServiceIdentity router, params string[] permissions)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(auth.AsSelf());
        builder.Configuration.AddInMemoryCollection(router.AsCaller(permissions));
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        builder.Configuration["Logging:LogLevel:Default"] = "None";
        builder.AddServiceDefaults();
        var app = builder.Build();
        app.UseServiceDefaults();
        return app;
    }
}
