using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Partner.AppHost.Tests;

/// <summary>How a test starts a whole system.</summary>
internal static class SystemStart
{
    /// <summary>A test's output would otherwise hold every line of every resource.</summary>
    public static Task<DistributedApplication> BuildQuietAsync(this IDistributedApplicationTestingBuilder builder)
    {
        builder.Services.AddLogging(logging =>
            logging
                .SetMinimumLevel(LogLevel.Warning)
                .AddFilter("AppHost.Resources", LogLevel.None)
                .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
        );
        return builder.BuildAsync();
    }

    /// <summary>Until all services are healthy, for which the demo partner waits.</summary>
    public static async Task StartWholeAsync(this DistributedApplication app, TimeSpan most)
    {
        using var timeout = new CancellationTokenSource(most);
        await app.StartAsync(timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("demo-partner", timeout.Token);
    }
}
