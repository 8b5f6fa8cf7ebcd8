using System.Collections.Concurrent;
using Partner.Demo;

namespace Partner.AppHost.Tests.Rotation;

/// <summary>Reads of one tenant's monitors, through the gateway, site-router and Auth, until it is told to end.</summary>
internal sealed class Reads : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly Task _reading;
    private int _count;

    public Reads(RotatedSystem system, ConnectedTenant tenant) => _reading = RunAsync(system, tenant);

    /// <summary>Those that were answered with success.</summary>
    public int Count => Volatile.Read(ref _count);

    public IReadOnlyCollection<string> Failures => _failures;

    public async Task EndAsync()
    {
        await _end.CancelAsync();
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _end.Dispose();
    }

    private async Task RunAsync(RotatedSystem system, ConnectedTenant tenant)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var response = await system.Backend.GetAsync(
                    $"partner/v1/connections/{tenant.Connection.Id}/datadog/api/v1/monitor?page_size=1"
                );
                if (response.IsSuccessStatusCode)
                {
                    Interlocked.Increment(ref _count);
                }
                else
                {
                    _failures.Enqueue($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
                }
            }
            catch (HttpRequestException exception)
            {
                _failures.Enqueue($"{exception.HttpRequestError}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), _end.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
