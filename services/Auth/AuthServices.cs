using Microsoft.Extensions.FileProviders;
using Npgsql;
using Partner.Auth.Connect;
using Partner.Auth.Connections;
using Partner.Auth.Credentials;
using Partner.Auth.Datadog;
using Partner.Auth.Idempotency;
using Partner.Auth.IngestKeys;
using Partner.Auth.Tokens;
using Partner.Auth.Webhooks;
using Partner.Egress;

namespace Partner.Auth;

/// <summary>The parts of the service.</summary>
internal static class AuthServices
{
    // No health checks: with a store down the pods stay ready, so that callers get the 503 that says so (faults F7).
    public static void AddStores(this IHostApplicationBuilder builder)
    {
        // ServiceDefaults says once for all what is traced and measured.
        builder.AddNpgsqlDataSource(
            "database",
            settings =>
            {
                (settings.DisableHealthChecks, settings.DisableTracing, settings.DisableMetrics) = (true, true, true);
                settings.ConnectionString = ConnectionText.Complete(settings.ConnectionString);
            }
        );
        builder.RequireDurableDatabase<NpgsqlDataSource>();
        builder.Services.AddSingleton(services => new OnUnavailable(_ =>
            services.GetRequiredService<NpgsqlDataSource>().Clear()
        ));
        builder.AddRedisClient(
            "cache",
            settings =>
            {
                (settings.DisableHealthChecks, settings.DisableTracing) = (true, true);
                // Connecting blocks the first caller. That is the start-up: a first wave of requests would take every
                // thread to wait for it.
                settings.DisableAutoActivation = false;
            },
            options => options.AbortOnConnectFail = false
        );
    }

    public static void AddAuthOptions(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration["ClientsFile"] is { Length: > 0 } file)
        {
            AddClientsFile(builder.Configuration, Path.GetFullPath(file));
        }

        builder.Services.AddValidatedOptions<AuthOptions>("");
        builder
            .Services.AddOptions<ClientsOptions>()
            .BindConfiguration(ClientsOptions.SectionName)
            .Validate(clients => clients.IsValid, ClientsOptions.Rule)
            .ValidateOnStart();
        builder.Services.AddValidatedOptions<PageOptions>(PageOptions.SectionName);
    }

    // Looked at every few seconds: a secret that is mounted as a file is swapped by a link, which raises no event.
    private static void AddClientsFile(IConfigurationBuilder configuration, string file) =>
        configuration.AddJsonFile(
            new PhysicalFileProvider(Path.GetDirectoryName(file)!)
            {
                UsePollingFileWatcher = true,
                UseActivePolling = true,
            },
            Path.GetFileName(file),
            optional: false,
            reloadOnChange: true
        );

    public static void AddAuthServices(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidation();
        services.AddBadRequests();
        services.AddServiceClient<VaultClient>("vault");
        services.AddDatadogClient<DatadogOAuthClient>(Timeout.InfiniteTimeSpan);
        services.AddDatadogClient<DatadogAccountClient>(DatadogOAuthClient.Timeout);
        services.AddDatadogClient<DatadogReadClient>(DatadogOAuthClient.Timeout);

        services.AddSingleton<ClientProfiles>().AddSingleton<ClientHealth>();
        services.AddTransient<ClientSelfCheck>().AddHostedService<ClientSelfCheck>();
        services.AddHealthChecks().AddCheck<ClientHealth>("oauth-clients").AddCheck<TokenCache>("cache");
        services.AddSingleton<Brand>().AddSingleton<ReturnTargets>().AddSingleton<ReturnLinks>();
        services.AddSingleton<StoreRetry>().AddSingleton<AuthMetrics>();
        services.AddSingleton<Auditor>();
        services.AddSingleton<TenantStore>();
        services.AddSingleton<TileStore>().AddSingleton<ConnectSessionStore>().AddSingleton<ConnectAttemptStore>();
        services.AddSingleton<AuthorizationRequest>().AddSingleton<ConnectSweep>();
        services
            .AddSingleton<CallbackWorker>()
            .AddHostedService(provider => provider.GetRequiredService<CallbackWorker>());

        services.AddSingleton<ConnectionStore>().AddSingleton<SetupStore>();
        services.AddSingleton<Authorization>().AddSingleton<ConnectionSetup>();
        services.AddSingleton<OrgProof>().AddSingleton<OrgClaim>().AddSingleton<KeySetup>().AddSingleton<KeyMint>();
        services.AddSingleton<CapabilityProbe>().AddSingleton<ScopeWatch>();
        services.AddSingleton<Disconnection>().AddSingleton<Checker>();
        services.AddSingleton<ConnectionCheckup>();

        services.AddSingleton<DatabaseClock>().AddHostedService<DatabaseClockLooks>();
        services.AddSingleton<Sealer>().AddSingleton<TokenCache>();
        services.AddSingleton<LeaseStore>().AddSingleton<TokenStore>();
        services.AddSingleton<Refresher>();
        services.AddSingleton<RefreshFlights>().AddSingleton<TokenUseMarks>().AddSingleton<AccessTokens>();
        services.AddSingleton<IngestKeyStore>().AddSingleton<IngestKeyFeed>().AddSingleton<CredentialStore>();
        services.AddSingleton<IdempotentAnswerStore>();
        services.AddTransient<Worker>().AddHostedService<Worker>();
        builder.AddWebhooks();
    }
}
