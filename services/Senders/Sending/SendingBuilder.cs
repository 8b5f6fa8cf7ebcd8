using Microsoft.Extensions.Options;
using Npgsql;
using Partner.DatadogClient;
using Partner.Egress;
using Partner.Sending.Accept;
using Partner.Sending.DeadLetters;
using Partner.Sending.Deduplication;
using Partner.Sending.Delivery;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;
using Partner.Sending.Series;
using Partner.Sending.Status;
using Partner.Sending.Upstream;
using Partner.Sending.Waiting;

namespace Partner.Sending;

/// <summary>All that a sender is made of, beside its <see cref="Sender"/>.</summary>
public static class SendingBuilder
{
    public static IHostApplicationBuilder AddSending(this IHostApplicationBuilder builder, Sender sender)
    {
        builder.Services.AddSingleton(sender);
        return AddParts(builder);
    }

    /// <summary>For a sender that has options of its own.</summary>
    public static IHostApplicationBuilder AddSending<TSender>(this IHostApplicationBuilder builder)
        where TSender : Sender
    {
        builder.Services.AddSingleton<Sender, TSender>();
        return AddParts(builder);
    }

    public static IEndpointRouteBuilder MapSending(this IEndpointRouteBuilder routes)
    {
        routes.MapIntake();
        routes.MapDeliveries();
        routes.MapDeadLetters();
        return routes;
    }

    /// <summary>What a sender needs even without an outbox: its database, Egress, and bodies that are read bounded.</summary>
    internal static void AddSendingBase(this IHostApplicationBuilder builder)
    {
        builder.AddEgress();
        AddDatabase(builder);
        builder
            .Services.AddValidatedOptions<OutboxOptions>(OutboxOptions.SectionName)
            .Validate(
                options => !options.AllowUnsafeDatabase || builder.Environment.IsDevelopment(),
                $"{OutboxOptions.SectionName}:{nameof(OutboxOptions.AllowUnsafeDatabase)} is for Development only."
            );
        builder.Services.AddSingleton<DatabaseSafety>();
        builder.Services.AddSingleton(provider => new MemoryBudget(
            provider.GetRequiredService<IOptions<OutboxOptions>>().Value.MaxBufferedBytes
        ));
        builder.Services.AddSingleton(provider => new BodyReader(
            provider.GetRequiredService<MemoryBudget>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IOptions<OutboxOptions>>().Value.BodyTimeout
        ));
        builder.Services.AddServiceClient<ConnectionClient>("auth");
    }

    private static IHostApplicationBuilder AddParts(IHostApplicationBuilder builder)
    {
        builder.AddSendingBase();
        var services = builder.Services;
        services.AddValidatedOptions<DeliveryOptions>(DeliveryOptions.SectionName);
        services.AddSingleton<SendingMetrics>();
        services.AddSingleton<AppendStore>();
        services.AddSingleton<SegmentStore>();
        services.AddSingleton<InstanceStore>();
        services.AddSingleton<DeliveriesStore>();
        services.AddSingleton<Instance>();
        services.AddSingleton<IdempotencyStore>();
        services.AddDeduplication();
        services.AddSeries();
        services.AddSingleton<BacklogStore>();
        services.AddSingleton<BacklogQuota>();
        services.AddSingleton<OutboxJanitor>();
        services.AddSingleton<OrphanClaimer>();
        services.AddSingleton<Backlog>();
        services.AddSingleton<GroupCommitter>();
        services.AddSingleton<LaneScheduler>();
        services.AddSingleton<Dispatcher>();
        services.AddSingleton<Deliverer>();
        services.AddSingleton<Settler>();
        services.AddSingleton<Destinations>();
        services.AddSingleton<KeyCheckStore>();
        services.AddSingleton<KeyGuard>();
        services.AddSingleton<Watchdog>();
        services.AddSingleton<IdempotentIntake>();
        services.AddSingleton<Intake>();
        services.AddSingleton<DeliveryWaits>();
        services.AddValidatedOptions<WaitOptions>(WaitOptions.SectionName);
        services.AddSingleton<DeliveryStatusTracker>();
        services.AddSingleton<DeliveryStatusStore>();
        services.AddSingleton<DeliveryStatusWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveryStatusWriter>());
        services.AddHostedService<SendingService>();
        services.AddDeadLetters();
        services.AddHealthChecks().AddCheck<Watchdog>("watchdog", tags: ["live"]).AddCheck<Instance>("accepting");

        services.AddServiceClient<ApiKeyClient>("vault");
        services.AddServiceClient<RouterClient>("site-router");
        services
            .AddDatadogClient<IntakeClient>()
            .ConfigureHttpClient(
                (provider, http) =>
                    http.Timeout = provider.GetRequiredService<IOptions<DeliveryOptions>>().Value.Timeout
            );
        return builder;
    }

    private static void AddDatabase(IHostApplicationBuilder builder) =>
        builder.AddNpgsqlDataSource(
            "database",
            settings =>
            {
                // Pods stay ready while the database is down, so that the answer 503 arrives (F7).
                settings.DisableHealthChecks = true;
                // ServiceDefaults says once for all what is traced and measured.
                (settings.DisableTracing, settings.DisableMetrics) = (true, true);
                settings.ConnectionString = new NpgsqlConnectionStringBuilder(
                    ConnectionText.Complete(settings.ConnectionString)
                )
                {
                    // The hot statements are few and always the same.
                    MaxAutoPrepare = 20,
                    AutoPrepareMinUsages = 2,
                    Timeout = 5,
                    CommandTimeout = 15,
                }.ConnectionString;
            }
        );
}
