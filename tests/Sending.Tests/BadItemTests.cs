using System.Net;
using Partner.Contracts;
using Partner.Sending.Lanes;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>As <see cref="PoisonTests"/>, through the whole sender and its database.</summary>
public sealed class BadItemTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Theory]
    [InlineData("status", "500: broken")]
    [InlineData("timeout", "No answer in time")]
    [InlineData("defect", "Not sent: FormatException")]
    public async Task ItIsFoundAmongOthersTheyArriveOnceAndItIsKeptAsADeadLetter(string kind, string detail)
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString, time: _time);
        host.Datadog.Answer = (r, _) =>
            !r.Lines.Contains("bad")
                ? FakeDatadog.Accepted()
                : kind switch
                {
                    "status" => FakeDatadog.Status(HttpStatusCode.InternalServerError, "broken"),
                    "timeout" => throw new TaskCanceledException(),
                    _ => throw new FormatException(),
                };
        var lines = Enumerable.Range(0, 100).Select(i => i == 42 ? "bad" : $"good {i}").ToList();
        await AcceptAsync(host, string.Join('\n', lines));
        await AcceptAsync(host, "behind it");
        Assert.True(await _time.TickUntilAsync(host, () => Task.FromResult(host.Datadog.TakenLines.Count == 100), 0.5));
        var more = 0;
        Assert.True(
            await _time.TickUntilAsync(
                host,
                async () =>
                {
                    await AcceptAsync(host, $"more {more++}");
                    return await database.Database.ScalarAsync<long>(
                            "SELECT count(*) FROM dead_letters WHERE connection = $1",
                            _connection.Text
                        ) > 0;
                }
            )
        );
        Assert.Equal(
            $"undeliverable|{detail}|bad",
            await database.Database.ScalarAsync<string>(
                "SELECT reason || '|' || detail || '|' || convert_from(item, 'UTF8') FROM dead_letters WHERE connection = $1",
                _connection.Text
            )
        );
        Assert.True(
            await _time.TickUntilAsync(
                host,
                async () =>
                    await database.Database.ScalarAsync<long>(
                        "SELECT count(*) FROM segments WHERE connection = $1",
                        _connection.Text
                    ) == 0
            )
        );
        string[] expected =
        [
            .. lines.Where(l => l != "bad"),
            "behind it",
            .. Enumerable.Range(0, more).Select(i => $"more {i}"),
        ];
        Assert.Equal(expected.Order(), host.Datadog.TakenLines.Order());
        Assert.Equal(LaneState.Flowing, host.Get<LaneScheduler>().View(_connection).State);
    }

    private async Task AcceptAsync(SendingHost host, string text)
    {
        using var response = await host.PostAsync(_connection, text);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }
}
