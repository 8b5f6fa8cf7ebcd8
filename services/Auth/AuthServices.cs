using System.Security.Cryptography;
using Npgsql;
using Partner.Auth.Connect;
using Partner.Auth.Connections;
using Partner.Auth.Datadog;
using Partner.Auth.IngestKeys;
using Partner.Auth.Tokens;
using Partner.Egress;
using Partner.ServiceDefaults;
using StackExchange.Redis;

namespace Partner.Auth;

/// <summary>What the service is made of.</summary>
internal static class AuthServices
{
    // No health checks: with a store down the pods stay ready, so that callers get the 503 that says so (faults F7).
    public static void AddStores(this IHostApplicationBuilder builder)
    {
        builder.AddNpgsqlDataSource("database", settings => settings.DisableHealthChecks = true);
        builder.Services.AddSingleton(services =>
            new OnUnavailable(_ => services.GetRequiredService<NpgsqlDataSource>().Clear()));
        builder.AddRedisClient(
            "cache", settings => settings.DisableHealthChecks = true, options => options.AbortOnConnectFail = false);
    }

    /// <summary>
    /// Connecting to Redis blocks whoever asks for it first. That is the start-up: a first wave of requests would take
    /// every thread to wait for it.
    /// </summary>
    public static void ConnectCache(this WebApplication app) => app.Services.GetRequiredService<IConnectionMultiplexer>();

    public static void AddAuthOptions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<AuthOptions>().BindConfiguration("").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<ClientsOptions>()
            .BindConfiguration(ClientsOptions.SectionName)
            .Validate(clients => clients.IsValid,
                "Clients:{profile} needs ClientId (a UUID) and at least one of Secrets:0, Secrets:1.")
            .ValidateOnStart();
    }

    public static void AddAuthServices(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidation();
        services.AddServiceClient<VaultClient>("vault");
        services.AddDatadogClient<DatadogOAuthClient>(Timeout.InfiniteTimeSpan);
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

        services.AddSingleton<DatabaseClock>().AddHostedService<DatabaseClockLooks>();
        services.AddSingleton<Sealer>().AddSingleton<TokenCache>();
        services.AddSingleton<LeaseStore>().AddSingleton<TokenStore>();
        services.AddTransient<Refresher>();
        services.AddSingleton<Flights>().AddSingleton<UsageMarks>().AddSingleton<AccessTokens>();
        services.AddSingleton<IngestKeyStore>().AddSingleton<Feed>();
        services.AddTransient<Worker>().AddHostedService<Worker>();
    }
}
