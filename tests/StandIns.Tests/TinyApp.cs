using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

[assembly: AssemblyFixture(typeof(Partner.StandIns.Tests.TinyApp))]

namespace Partner.StandIns.Tests;

/// <summary>The tiny AppHost, started once for all tests.</summary>
public sealed class TinyApp : IAsyncLifetime
{
    private readonly CancellationTokenSource _watching = new();
    private readonly List<(string Resource, string? State)> _states = [];
    private Task? _watch;

    public DistributedApplication App { get; private set; } = null!;

    public IReadOnlyList<(string Resource, string? State)> States
    {
        get
        {
            lock (_states)
            {
                return [.. _states];
            }
        }
    }

    public async ValueTask InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TinyAppHost>();
        App = await builder.BuildAsync();
        _watch = WatchAsync(_watching.Token);
        await App.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await _watching.CancelAsync();
        await _watch!;
        _watching.Dispose();
    }

    public async Task<CustomResourceSnapshot> SnapshotAsync(string resource, string? state = null)
    {
        var found = await App.ResourceNotifications.WaitForResourceAsync(
            resource, e => state is null || e.Snapshot.State?.Text == state, TestContext.Current.CancellationToken);
        return found.Snapshot;
    }

    public async Task<int> ProcessIdAsync(string resource) => ProcessId((await App.ResourceNotifications
        .WaitForResourceHealthyAsync(resource, TestContext.Current.CancellationToken)).Snapshot);

    public static int ProcessId(CustomResourceSnapshot snapshot) =>
        Convert.ToInt32(snapshot.Properties.Single(p => p.Name == "executable.pid").Value, CultureInfo.InvariantCulture);

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var e in App.ResourceNotifications.WatchAsync(cancellationToken))
            {
                lock (_states)
                {
                    _states.Add((e.Resource.Name, e.Snapshot.State?.Text));
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The tests are over.
        }
    }
}
