using System.Diagnostics;
using Partner.Demo;
using Partner.Sandbox.Intake;

namespace Partner.Bench.Oracle;

/// <summary>Takes from the sandbox what arrived, and tells the ledger.</summary>
internal sealed class ArrivalFeed : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    // Late duplicates, and what nobody waits for.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _marks;
    private readonly Ledger _ledger;
    private readonly Task _polling;

    private ArrivalFeed(SandboxAdmin sandbox, Ledger ledger)
    {
        (_marks, _ledger) = (new Uri(sandbox.Address, "_sandbox/arrivals/marks"), ledger);
        _polling = Task.Run(PollAsync);
    }

    public static async Task<ArrivalFeed> StartAsync(SandboxAdmin sandbox, Ledger ledger)
    {
        await sandbox.ChangeAsync(new { keepItems = false, keepMarks = true });
        return new ArrivalFeed(sandbox, ledger);
    }

    /// <summary>Until every acked item has arrived, or none has for so long.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> SettleAsync(TimeSpan patience)
    {
        var (clock, last, lastAt) = (Stopwatch.StartNew(), _ledger.Backlog, TimeSpan.Zero);
        while (last > 0 && clock.Elapsed - lastAt < patience)
        {
            await Task.Delay(Poll);
            if (_ledger.Backlog is var now && now != last)
            {
                (last, lastAt) = (now, clock.Elapsed);
            }

            if (_polling.IsFaulted)
            {
                await _polling;
            }
        }

        return clock.Elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.Delay(Aftermath);
        await _stop.CancelAsync();
        await _polling;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task PollAsync()
    {
        while (true)
        {
            // The last look comes after the stop.
            var last = _stop.IsCancellationRequested;
            var batches = await TakeAsync();
            foreach (var batch in batches)
            {
                _ledger.Arrive(batch);
            }

            if (batches.Count == 0)
            {
                if (last)
                {
                    return;
                }

                await Task.Delay(Poll, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<IReadOnlyList<MarkedBatch>> TakeAsync()
    {
        using var response = await _http.PostAsync(_marks, null);
        response.EnsureSuccessStatusCode();
        return Marks.ReadPage(new MemoryStream(await response.Content.ReadAsByteArrayAsync()));
    }
}
