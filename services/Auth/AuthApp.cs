using System.Security.Cryptography;
using Partner.Auth.Connect;
using Partner.Auth.Connections;
using Partner.Auth.Datadog;
using Partner.Auth.IngestKeys;
using Partner.Auth.Tokens;
using Partner.Egress;
using Partner.ServiceDefaults;

namespace Partner.Auth;

/// <summary>The service, as Program runs it and as tests do.</summary>
internal static class AuthApp
{
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        configure?.Invoke(builder);
        builder.AddServiceDefaults();
        builder.AddStores();
        builder.AddEgress();
        builder.AddAuthOptions();
        builder.AddRateLimits();
        builder.AddAuthServices();
        builder.Services.AddValidation();

        var app = builder.Build();
        app.UseServiceDefaults();
        app.UseRateLimiter();
        app.MapDefaultEndpoints();
        app.MapConnect();
        app.MapTenants();
        app.MapConnections();
        app.MapIngestKeys();
        app.MapFeed();
        app.MapConnectionsForServices();
        app.MapAccessTokens();
        return app;
    }

    // No health checks: with a store down the pods stay ready, so that callers get the 503 that says so (faults F7).
    private static void AddStores(this IHostApplicationBuilder builder)
    {
        builder.AddNpgsqlDataSource("database", settings => settings.DisableHealthChecks = true);
        builder.AddRedisClient("cache", settings => settings.DisableHealthChecks = true);
    }

    private static void AddAuthOptions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<AuthOptions>().BindConfiguration("").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<ClientsOptions>()
            .BindConfiguration(ClientsOptions.SectionName)
            .Validate(clients => clients.IsValid, "Clients:{profile} needs ClientId (a UUID) and at least one of Secrets:0, Secrets:1.")
            .ValidateOnStart();
    }

    private static void AddAuthServices(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddServiceClient<VaultClient>("vault");
        services.AddDatadogClient<DatadogOAuthClient>(DatadogOAuthClient.Timeout);
        services.AddDatadogClient<DatadogAccountClient>(DatadogOAuthClient.Timeout);
        services.AddSingleton<Func<double>>(() => RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue);

        services.AddSingleton<ClientProfiles>();
        services.AddSingleton<Persist>();
        services.AddTransient<Auditor>();
        services.AddSingleton<TenantStore>();
        services.AddSingleton<TileStore>().AddSingleton<SessionStore>().AddSingleton<AttemptStore>();
        services.AddSingleton<Departure>();
        services.AddSingleton<Completions>().AddHostedService(provider => provider.GetRequiredService<Completions>());

        services.AddSingleton<ConnectionStore>().AddSingleton<SetupStore>();
        services.AddTransient<Authorization>().AddTransient<ConnectionSetup>();
        services.AddTransient<OrgProof>().AddTransient<OrgClaim>().AddTransient<KeySetup>().AddTransient<KeyMint>();
        services.AddTransient<Disconnection>().AddTransient<Checker>();
        services.AddSingleton<ConnectionCheckup>();

        services.AddSingleton<Sealer>().AddSingleton<TokenCache>();
        services.AddSingleton<LeaseStore>().AddSingleton<TokenStore>();
        services.AddTransient<Refresher>();
        services.AddSingleton<Flights>().AddSingleton<UsageMarks>().AddSingleton<AccessTokens>();
        services.AddSingleton<IngestKeyStore>().AddSingleton<Feed>();
        services.AddSingleton<Worker>().AddHostedService(provider => provider.GetRequiredService<Worker>());
    }
}
