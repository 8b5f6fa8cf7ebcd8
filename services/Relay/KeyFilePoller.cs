using Microsoft.Extensions.Options;

namespace Partner.Relay;

/// <summary>
/// Looks at the key's file again and again. Notifications of the file system would miss a mounted secret, which
/// Kubernetes changes by a link two folders away.
/// </summary>
internal sealed class KeyFilePoller(CurrentKey key, IOptions<RelayOptions> options, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.KeyFile is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            key.ReadAgain();
        }
    }
}

internal static class IngestKeyFeature
{
    public static void AddIngestKey(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<CurrentKey>();
        builder.Services.AddHostedService<KeyFilePoller>();
    }
}
