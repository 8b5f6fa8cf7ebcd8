using System.Net.Http.Json;
using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>What a developer finds in the dashboard: addresses by name, and what can be done by a click.</summary>
internal static class DashboardView
{
    /// <summary>The setting <c>Dashboard=false</c> does without it, and then nothing is exported: for measurements.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args)
    {
        var settings = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
        var disabled = !settings.GetValue(Setting, true);
        var builder = DistributedApplication.CreateBuilder(
            new DistributedApplicationOptions { Args = args, DisableDashboard = disabled }
        );
        // It would keep the environment of every process on disk after its end, secrets in plain text among it.
        builder.Configuration[Persistence] ??= "None";
        return builder;
    }

    /// <summary>Aspire tells each project to export to the dashboard, also where there is none.</summary>
    public static void ExportNothingWithoutDashboard(this IDistributedApplicationBuilder builder)
    {
        if (builder.Configuration.GetValue(Setting, true))
        {
            return;
        }

        foreach (var project in builder.Resources.OfType<ProjectResource>())
        {
            builder
                .CreateResourceBuilder(project)
                .WithEnvironment(context => context.EnvironmentVariables.Remove("OTEL_EXPORTER_OTLP_ENDPOINT"));
        }
    }

    private const string Setting = "Dashboard";
    private const string Persistence = "Aspire:Dashboard:PersistenceMode";

    /// <summary>The addresses of a service: its own one in sight, that of its health in the details.</summary>
    public static IResourceBuilder<ProjectResource> WithServiceUrls(this IResourceBuilder<ProjectResource> service) =>
        service
            .WithUrlForEndpoint("http", url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly)
            .WithUrlForEndpoint(
                "management",
                url =>
                {
                    (url.DisplayText, url.DisplayLocation) = ("Health", UrlDisplayLocation.DetailsOnly);
                    url.Url += "/health";
                }
            );

    public static IResourceBuilder<ProjectResource> WithGatewayUrls(this IResourceBuilder<ProjectResource> gateway) =>
        gateway
            .WithIconName("DoorArrowLeft")
            .WithUrlForEndpoint(
                "http",
                url => (url.DisplayText, url.DisplayLocation) = ("Gateway", UrlDisplayLocation.SummaryAndDetails)
            )
            .WithUrlForEndpoint("http", endpoint => new() { Url = "/partner/v1/docs", DisplayText = "API docs" });

    /// <summary>The sandbox's page, and what it can be told to do.</summary>
    public static IResourceBuilder<ProjectResource> WithSandboxCommands(
        this IResourceBuilder<ProjectResource> sandbox
    ) =>
        sandbox
            .WithIconName("BeakerEdit")
            .WithUrlForEndpoint("http", url => url.DisplayText = "Sandbox")
            .WithUrlForEndpoint("tls", url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly)
            .WithSandboxCommand(
                "hold",
                "Hold what comes in",
                "Pause",
                "Intake requests wait, unrecorded, until the release.",
                new { }
            )
            .WithSandboxCommand("release", "Release what is held", "Play", "What waits arrives.", new { })
            .WithSandboxCommand(
                "faults",
                "Answer 503 to the next 20 requests",
                "Warning",
                "One fault; the sandbox's page has more kinds.",
                new
                {
                    action = "status",
                    status = 503,
                    path = "/api/*",
                    count = 20,
                }
            )
            .WithHttpCommand(
                "/_sandbox/faults",
                "Clear all faults",
                endpointName: "http",
                commandName: "clear-faults",
                commandOptions: new()
                {
                    Method = HttpMethod.Delete,
                    IconName = "Broom",
                    Description = "Requests are answered as Datadog does again.",
                }
            );

    /// <summary>What the demo partner does for a click.</summary>
    public static IResourceBuilder<ProjectResource> WithDemoCommands(this IResourceBuilder<ProjectResource> partner) =>
        partner
            .WithIconName("PersonRibbon")
            .WithUrlForEndpoint("http", url => url.DisplayText = "Demo partner")
            .WithDemoCommand(
                "connect",
                "Connect a demo tenant",
                "PlugConnected",
                "By the OAuth flow, on the next of the nine sites."
            )
            .WithDemoCommand(
                "send",
                "Send one of each type",
                "Send",
                "All six types, to the tenant that was connected last."
            )
            .WithDemoCommand(
                "revoke",
                "Revoke the grant",
                "PlugDisconnected",
                "As the customer's administrator does it in Datadog."
            )
            .WithDemoCommand(
                "replay",
                "Replay dead letters",
                "ArrowRepeatAll",
                "Whatever was given up for the tenant that was connected last."
            );

    /// <summary>
    /// A process's output is in the dashboard. The addresses and a request to send, which a developer needs first, are
    /// also where the system was started.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithFirstRunOnTheConsole(
        this IResourceBuilder<ProjectResource> partner
    ) =>
        partner
            .WithUrlForEndpoint("http", _ => new() { Url = "/first-run", DisplayText = "Start here" })
            .OnResourceReady(
                async (_, _, cancellation) =>
                {
                    using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
                    try
                    {
                        Console.WriteLine(
                            await http.GetStringAsync(
                                new Uri($"{partner.GetEndpoint("http").Url}/first-run"),
                                cancellation
                            )
                        );
                    }
                    catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException)
                    {
                        Console.WriteLine($"The demo partner does not answer: {gone.Message}");
                    }
                }
            );

    private static IResourceBuilder<ProjectResource> WithSandboxCommand(
        this IResourceBuilder<ProjectResource> sandbox,
        string path,
        string text,
        string icon,
        string description,
        object body
    ) =>
        sandbox.WithHttpCommand(
            $"/_sandbox/{path}",
            text,
            endpointName: "http",
            commandName: path,
            commandOptions: new()
            {
                IconName = icon,
                Description = description,
                PrepareRequest = context =>
                {
                    context.Request.Content = JsonContent.Create(body);
                    return Task.CompletedTask;
                },
            }
        );

    private static IResourceBuilder<ProjectResource> WithDemoCommand(
        this IResourceBuilder<ProjectResource> partner,
        string name,
        string text,
        string icon,
        string description
    ) =>
        partner.WithHttpCommand(
            $"/commands/{name}",
            text,
            endpointName: "http",
            commandName: name,
            commandOptions: new()
            {
                IconName = icon,
                Description = description,
                IsHighlighted = name is "connect" or "send",
                // Its answer says what came of it.
                ResultMode = HttpCommandResultMode.Text,
            }
        );
}
