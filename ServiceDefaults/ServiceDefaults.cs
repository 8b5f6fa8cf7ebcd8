using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Partner.ServiceDefaults;

/// <summary>The parts of every service: telemetry, health, an orderly stop, problem details, discovery and service tokens.</summary>
public static class ServiceDefaultsBuilder
{
    public static IHostApplicationBuilder AddServiceDefaults(this IHostApplicationBuilder builder)
    {
        builder.AddLogLevels();
        builder.AddTelemetry();
        builder.AddServiceTokens();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]);
        Drain.Add(builder.Services);
        builder.Services.AddProblems();
        builder.Services.Configure<KestrelServerOptions>(ReadWhatPasses);
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http => http.AddServiceDiscovery());
        builder.Services.Configure<JsonOptions>(json => json.SerializerOptions.RespectNullableAnnotations = true);
        builder.Services.AddSingleton(TimeProvider.System);
        // Jitter, from 0 to 1: code that waits takes a part of it.
        builder.Services.AddSingleton<Func<double>>(() =>
            RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue
        );
        return builder;
    }

    // A client's header may hold any bytes, and none of them makes a request unreadable: invalid UTF-8 becomes U+FFFD.
    // The gateway refuses a body that stops coming, and gives it half as long: the service that ends it says why.
    private static void ReadWhatPasses(KestrelServerOptions kestrel)
    {
        kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        var lenient = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);
        kestrel.RequestHeaderEncodingSelector = _ => lenient;
    }

    /// <summary>The pipeline, outermost first. Routes come after it.</summary>
    /// <param name="routed">Between the choice of the endpoint and the question who asks.</param>
    public static WebApplication UseServiceDefaults(this WebApplication app, Action<IApplicationBuilder>? routed = null)
    {
        Drain.Use(app);
        app.UseMiddleware<RequestActivity>();
        app.UseManagementPort();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        routed?.Invoke(app);
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseReadableRequests();
        return app;
    }

    /// <summary>
    /// <c>/alive</c> (the process answers) and <c>/health</c> (it can do its work), in every environment: Kubernetes'
    /// probes and the tests need them everywhere. Where a management port is set they exist on that port only.
    /// </summary>
    public static IEndpointRouteBuilder MapDefaultEndpoints(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks(ManagementPort.HealthPath).AllowAnonymous();
        routes
            .MapHealthChecks(ManagementPort.AlivePath, new() { Predicate = check => check.Tags.Contains("live") })
            .AllowAnonymous();
        return routes;
    }
}
