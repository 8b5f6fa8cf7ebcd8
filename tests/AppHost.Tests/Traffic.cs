using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Partner.Demo;

namespace Partner.AppHost.Tests;

/// <summary>Logs of one tenant, each with a number, until it is told to end; and what became of each.</summary>
internal sealed partial class Traffic(Uri gateway, HttpClient http, SandboxAdmin sandbox, ConnectedTenant tenant)
    : IAsyncDisposable
{
    private const int ItemsPerRequest = 10;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<int, DateTimeOffset> _acked = new();
    private readonly ConcurrentQueue<Refusal> _refusals = [];
    private Task _sending = Task.CompletedTask;
    private int _next;

    public int Acked => _acked.Count;

    /// <summary>What was answered in place of a success.</summary>
    public IReadOnlyCollection<Refusal> Refusals => _refusals;

    public void Start() => _sending = RunAsync();

    public async Task EndAsync()
    {
        await _end.CancelAsync();
        await _sending;
    }

    /// <summary>Items whose 202 came before a moment, or since.</summary>
    public HashSet<int> AckedBefore(DateTimeOffset moment) =>
        [.. _acked.Where(a => a.Value < moment).Select(a => a.Key)];

    /// <summary>How often each number arrived at Datadog.</summary>
    public async Task<Dictionary<int, int>> ArrivedAsync() =>
        (await sandbox.ItemsAsync(tenant.Org.Id, "logs"))
            .Select(item => Number().Match(item))
            .Where(match => match.Success)
            .GroupBy(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))
            .ToDictionary(group => group.Key, group => group.Count());

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var numbers = Enumerable.Range(_next, ItemsPerRequest).ToList();
            _next += ItemsPerRequest;
            try
            {
                using var request = DatadogClients.ApiClient(
                    gateway,
                    tenant.Key.Key,
                    [.. numbers.Select(number => $$"""{"message":"item #{{number}}#"}""")]
                );
                using var response = await http.SendAsync(request);
                if (response.IsSuccessStatusCode)
                {
                    var now = TimeProvider.System.GetUtcNow();
                    numbers.ForEach(number => _acked[number] = now);
                }
                else
                {
                    _refusals.Enqueue(new Refusal($"{(int)response.StatusCode}", response.Headers.RetryAfter?.Delta));
                }
            }
            catch (HttpRequestException exception)
            {
                // Nothing was said of these.
                _refusals.Enqueue(new Refusal($"{exception.HttpRequestError}", null));
            }

            await Task.Delay(Every, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [GeneratedRegex("#([0-9]+)#")]
    private static partial Regex Number();
}

/// <param name="What">The status, or how the connection failed.</param>
/// <param name="After">The answer's Retry-After.</param>
internal sealed record Refusal(string What, TimeSpan? After);
