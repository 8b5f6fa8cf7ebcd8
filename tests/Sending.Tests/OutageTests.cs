using System.Net;
using Partner.Contracts;
using Partner.Sending.Lanes;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class OutageTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _away = ConnectionId.New();
    private readonly ConnectionId _other = ConnectionId.New();
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private DateTimeOffset? _began;

    [Fact]
    [Trait("fault", "F23")]
    public async Task FourDaysWithoutASiteCostWhatItsWindowSaysAndNothingElse()
    {
        const int Window = 18;
        const int Step = 8;
        var isAway = true;
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            time: _time,
            sender: new TestSender(windowHours: Window)
        );
        host.Datadog.SiteOf = connection => connection == _away.Text ? "us5.datadoghq.com" : "datadoghq.com";
        host.Datadog.Answer = (r, _) =>
            isAway && r.Connection == _away.Text
                ? throw new HttpRequestException(HttpRequestError.ConnectionError, "away")
                : FakeDatadog.Accepted();
        for (var hour = 0; hour < 96; hour += Step)
        {
            await AcceptAsync(host, _away, $"away-{hour}");
            await AcceptAsync(host, _other, $"other-{hour}");
            // Whatever is younger than its window waits; whatever is older is given up by name, and soon.
            var expired = Enumerable.Range(0, (hour / Step) + 1).Count(i => hour - (i * Step) > Window);
            Assert.True(
                await _time.TickUntilAsync(host, async () => await LettersAsync("expired") == expired),
                $"{hour}"
            );
            Assert.Equal(expired, await LettersAsync("%"));
            Assert.True(await _time.TickUntilAsync(host, () => Has(host, $"other-{hour}")), $"{hour}");
            await _time.JumpAsync(host, _began!.Value.AddHours(hour + Step) - _time.GetUtcNow());
        }

        isAway = false;
        await AcceptAsync(host, _away, "back");
        Assert.True(await _time.TickUntilAsync(host, () => Has(host, "away-88")));
        Assert.True(await _time.TickUntilAsync(host, () => Has(host, "back")));
        Assert.Equal(["away-80", "away-88", "back"], TextsOf(host, _away).Order());
        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"other-{i * Step}").Order(), TextsOf(host, _other).Order());
        await database.WaitUntilSettledAsync(_away);
        var told = await host.DeliveriesAsync(_away);
        Assert.Equal(
            (13L, 3L, new BacklogView(0, 0, null), 10L),
            (told.Accepted, told.Delivered, told.Backlog, told.DeadLetters)
        );
    }

    [Fact]
    [Trait("fault", "F15")]
    public async Task ARateLimitKeepsItsLaneStillForAsLongAsItsHeaderSaysAndNoOther()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString, time: _time);
        var limits = 0;
        host.Datadog.Answer = async (r, _) =>
        {
            if (r.Connection != _away.Text || Interlocked.Increment(ref limits) > 1)
            {
                return await FakeDatadog.Accepted();
            }

            var answer = await FakeDatadog.Status(HttpStatusCode.TooManyRequests);
            answer.Headers.Add("X-RateLimit-Reset", "30");
            return answer;
        };
        await AcceptAsync(host, _away, "limited");
        Assert.True(await _time.TickUntilAsync(host, () => Task.FromResult(limits == 1), 0.1));
        await AcceptAsync(host, _other, "flows");
        Assert.True(await _time.TickUntilAsync(host, () => Has(host, "flows"), 0.1));
        Assert.Equal(1, limits);
        await AcceptAsync(host, _away, "waits too");
        Assert.True(await _time.TickUntilAsync(host, () => Task.FromResult(TextsOf(host, _away).Count == 2), 0.5));
        var at = host.Datadog.Requests.Where(r => r.Connection == _away.Text).Select(r => r.At).ToList();
        Assert.InRange(_time.GetElapsedTime(at[0], at[1]), TimeSpan.FromSeconds(30), TimeSpan.MaxValue);
    }

    [Fact]
    [Trait("fault", "F24")]
    public async Task AHostWhoseNameDoesNotResolveHoldsItsOwnLaneUntilItDoes()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString, time: _time);
        var resolves = false;
        host.Datadog.Answer = (r, _) =>
            r.Connection == _away.Text && !resolves
                ? throw new HttpRequestException(HttpRequestError.NameResolutionError, "no such host")
                : FakeDatadog.Accepted();
        await AcceptAsync(host, _away, "waits");
        Assert.True(await _time.TickUntilAsync(host, () => Task.FromResult(host.Datadog.Requests.Count >= 3)));
        await AcceptAsync(host, _other, "flows");
        Assert.True(await _time.TickUntilAsync(host, () => Has(host, "flows")));
        resolves = true;
        Assert.True(await _time.TickUntilAsync(host, () => Has(host, "waits")));
        await database.WaitUntilSettledAsync(_away);
        // Nothing was ever sent before, so nothing may have arrived twice.
        var told = await host.DeliveriesAsync(_away);
        Assert.Equal(
            (1L, new BacklogView(0, 0, null), 0L, 0L),
            (told.Delivered, told.Backlog, told.DeadLetters, told.PossibleDuplicates)
        );
    }

    [Fact]
    [Trait("fault", "F25")]
    public async Task WithoutTheVaultWhatIsAcceptedWaitsAndGoesOutOnceItIsBack()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString, time: _time);
        host.Datadog.IsVaultAway = true;
        await AcceptAsync(host, _away, "waits");
        var scheduler = host.Get<LaneScheduler>();
        Assert.True(
            await _time.TickUntilAsync(host, () => Task.FromResult(scheduler.View(_away).State == LaneState.BackingOff))
        );
        Assert.Equal("Site or key cannot be had: HttpRequestException", scheduler.View(_away).Reason);
        Assert.Empty(host.Datadog.Requests);
        host.Datadog.IsVaultAway = false;
        Assert.True(await _time.TickUntilAsync(host, () => Has(host, "waits")));
        await database.WaitUntilSettledAsync(_away);
        Assert.Single(host.Datadog.Requests);
    }

    private async Task AcceptAsync(SendingHost host, ConnectionId connection, string text)
    {
        _began ??= _time.GetUtcNow();
        using var response = await host.PostAsync(connection, $"@{_time.GetUtcNow().ToUnixTimeMilliseconds()} {text}");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private Task<long> LettersAsync(string reason) =>
        database.Database.ScalarAsync<long>(
            "SELECT count(*) FROM dead_letters WHERE connection = ANY ($1) AND reason LIKE $2",
            new[] { _away.Text, _other.Text },
            reason
        );

    private static List<string> TextsOf(SendingHost host, ConnectionId connection) =>
        [
            .. host
                .Datadog.Taken.Where(r => r.Connection == connection.Text)
                .SelectMany(r => r.Lines)
                .Select(line => line[(line.IndexOf(' ') + 1)..]),
        ];

    private static Task<bool> Has(SendingHost host, string text) =>
        Task.FromResult(host.Datadog.TakenLines.Exists(line => line.EndsWith($" {text}", StringComparison.Ordinal)));
}
