using System.Net;
using Partner.Contracts;
using Partner.Sending.Delivery;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class DeliveryTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    [Fact]
    public async Task EachConnectionsDataGoesToItsOwnHostWithItsOwnKey()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var connections = Enumerable.Range(0, 10).Select(_ => ConnectionId.New()).ToList();
        await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => host.PostAsync(connections[i % 10], $"{connections[i % 10]} {i}"))
        );
        await host.Datadog.WaitForAsync(200);
        Assert.All(
            host.Datadog.Requests,
            r =>
            {
                Assert.Equal($"key-of-{r.Connection}", r.Key);
                Assert.All(r.Lines, line => Assert.StartsWith(r.Connection, line));
            }
        );
        Assert.Equal(200, host.Datadog.TakenLines.Count);
    }

    [Fact]
    public async Task VariantsNeverShareABatch()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => host.PostAsync(_connection, $"v{i % 2}", query: $"?v=v{i % 2}"))
        );
        await host.Datadog.WaitForAsync(40);
        Assert.All(host.Datadog.Taken, r => Assert.All(r.Lines, line => Assert.Equal($"?{line}", r.Query)));
    }

    [Fact]
    [Trait("fault", "F16")]
    public async Task ABatchThatIsTooLargeIsHalvedUntilTheBadItemIsAlone()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        host.Datadog.Answer = (r, _) =>
            r.Lines.Any(l => l.Length > 1_000)
                ? FakeDatadog.Status(HttpStatusCode.RequestEntityTooLarge, "too big")
                : FakeDatadog.Accepted();
        var lines = Enumerable.Range(0, 100).Select(i => $"line-{i}").ToList();
        lines[42] = new string('x', 2_000);
        await host.PostAsync(_connection, string.Join('\n', lines));
        Assert.Equal(lines.Where(l => l.Length < 1_000).Order(), (await host.Datadog.WaitForAsync(99)).Order());
        await database.WaitUntilSettledAsync(_connection);
        Assert.Equal(("too_large", "413: too big"), await LetterAsync());
        Assert.InRange(host.Datadog.Requests.Count, 2, 20);
        Assert.Empty(host.Datadog.Checks);
    }

    [Fact]
    [Trait("fault", "F17")]
    public async Task OneBadItemInAThousandDoesNotTakeTheOthersAlong()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        host.Datadog.Answer = (r, _) =>
            r.Lines.Contains("bad")
                ? FakeDatadog.Status(HttpStatusCode.BadRequest, "no such thing")
                : FakeDatadog.Accepted();
        var lines = Enumerable.Range(0, 1_000).Select(i => i == 777 ? "bad" : $"line-{i}").ToList();
        await host.PostAsync(_connection, string.Join('\n', lines));
        Assert.Equal(lines.Where(l => l != "bad").Order(), (await host.Datadog.WaitForAsync(999)).Order());
        await database.WaitUntilSettledAsync(_connection);
        Assert.Equal(("rejected", "400: no such thing"), await LetterAsync());
        var told = await host.DeliveriesAsync(_connection);
        Assert.Equal(
            (1_000L, 999L, new BacklogView(0, 0, null), 1L, 0L),
            (told.Accepted, told.Delivered, told.Backlog, told.DeadLetters, told.PossibleDuplicates)
        );
    }

    [Fact]
    [Trait("fault", "F18")]
    public async Task ALostAnswerCostsAtMostOneDuplicateOfTheBatchAndIsCounted()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var lost = 0;
        host.Datadog.Answer = (_, _) =>
            Interlocked.Increment(ref lost) == 1
                ? throw new HttpRequestException(HttpRequestError.ResponseEnded, "cut")
                : FakeDatadog.Accepted();
        await host.PostAsync(_connection, "one\ntwo");
        await host.Datadog.WaitForAsync(2);
        await database.WaitUntilSettledAsync(_connection);
        Assert.Equal(2, host.Datadog.Requests.Count);
        var told = await host.DeliveriesAsync(_connection);
        Assert.Equal(
            (2L, new BacklogView(0, 0, null), 0L, 2L),
            (told.Delivered, told.Backlog, told.DeadLetters, told.PossibleDuplicates)
        );
    }

    [Fact]
    [Trait("fault", "F11")]
    public async Task ARefusedKeyParksItsLaneKeepsTheDataAndResumesByItself()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var other = ConnectionId.New();
        var valid = false;
        host.Datadog.Answer = (r, _) =>
            r.Connection == _connection.Text && !valid
                ? FakeDatadog.Status(HttpStatusCode.Forbidden, "Forbidden")
                : FakeDatadog.Accepted();
        await host.PostAsync(_connection, "kept");
        await Until.TrueAsync(() => !host.Datadog.Checks.IsEmpty);

        await host.PostAsync(_connection, "kept too");
        await host.PostAsync(other, "flows");
        Assert.Equal(["flows"], await host.Datadog.WaitForAsync(1));
        var parked = await host.DeliveriesAsync(_connection);
        Assert.Equal((2L, 2L), (parked.Backlog.Items, parked.Backlog.Segments));
        Assert.Equal(("parked", "403: Forbidden"), (parked.State, parked.Reason));
        Assert.Equal([_connection.Text], host.Datadog.Checks);
        Assert.Single(host.Datadog.Requests, r => r.Connection == _connection.Text);
        valid = true;
        Assert.Equal(["flows", "kept", "kept too"], (await host.Datadog.WaitForAsync(3)).Order());
        await database.WaitUntilSettledAsync(_connection);
    }

    [Fact]
    [Trait("fault", "F10")]
    public async Task WithoutAGrantNothingIsSentThoughTheKeyStillWorksAndTheBacklogIsKept()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        host.Datadog.State = ConnectionState.Reauthorize;
        host.Datadog.Check = new(ConnectionState.Reauthorize, "grant-revoked", null);
        await host.PostAsync(_connection, "kept");
        await Until.TrueAsync(() => !host.Datadog.Checks.IsEmpty);

        Assert.Equal([_connection.Text], host.Datadog.Checks.Distinct());
        Assert.Empty(host.Datadog.Requests);
        var kept = await host.DeliveriesAsync(_connection);
        Assert.Equal((1L, 1L), (kept.Backlog.Items, kept.Backlog.Segments));

        // Authorised again: it goes on by itself.
        host.Datadog.State = ConnectionState.Connected;
        host.Datadog.Check = new(ConnectionState.Connected, null, true);
        Assert.Equal(["kept"], await host.Datadog.WaitForAsync(1));
        await database.WaitUntilSettledAsync(_connection);
    }

    [Fact]
    [Trait("fault", "F10")]
    public async Task AfterTheGraceTimeADisconnectedConnectionsDataIsGivenUpWithItsReason()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        host.Datadog.Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.Forbidden);
        host.Datadog.Check = new(ConnectionState.Disconnected, "revoked", false);
        foreach (var line in new[] { "a", "b", "c", "young" })
        {
            await host.PostAsync(_connection, line);
        }

        await Until.TrueAsync(() => !host.Datadog.Checks.IsEmpty);
        host.Datadog.State = ConnectionState.Disconnected;

        // What is younger than the grace time is kept, and is all that is sent when the customer is back.
        await database.Database.ExecuteAsync(
            """
            UPDATE segments SET accepted_at = now() - interval '8 days'
            WHERE connection = $1 AND id <> (SELECT max(id) FROM segments WHERE connection = $1)
            """,
            _connection.Text
        );
        Assert.Equal(
            3,
            await SendingDatabase.WaitForAsync(
                database.Database,
                "SELECT count(*) FROM dead_letters WHERE connection = $1 AND reason = 'disconnected'",
                3,
                _connection.Text
            )
        );
        var kept = await host.DeliveriesAsync(_connection);
        Assert.Equal((1L, 1L), (kept.Backlog.Items, kept.Backlog.Segments));
        Assert.Equal("parked", kept.State);
        host.Datadog.State = ConnectionState.Connected;
        host.Datadog.Check = new(ConnectionState.Connected, null, true);
        host.Datadog.Answer = (_, _) => FakeDatadog.Accepted();
        Assert.Equal(["young"], await host.Datadog.WaitForAsync(1));
        await database.WaitUntilSettledAsync(_connection);
    }

    [Theory]
    [Trait("fault", "F10")]
    [InlineData(ConnectionState.Reauthorize, ParkCause.GrantEnded, true)]
    [InlineData(ConnectionState.Disconnected, ParkCause.GrantEnded, true)]
    [InlineData(ConnectionState.Disconnected, ParkCause.NoKey, false)]
    [InlineData(ConnectionState.Reauthorize, null, false)]
    [InlineData(ConnectionState.Connected, ParkCause.GrantEnded, false)]
    public void DataIsGivenUpOnlyWhileTheGrantIsStillGone(ConnectionState said, ParkCause? now, bool isAbandoned) =>
        Assert.Equal(isAbandoned, Deliverer.IsAbandoned(said, now is { } cause ? new Outcome.Parked(cause, "") : null));

    [Fact]
    [Trait("fault", "F12")]
    [Trait("fault", "F13")]
    public async Task HangingAndRefusedTenantsDoNotHoldTheOthersUp()
    {
        await using var host = await SendingHost.StartAsync(
            database.ConnectionString,
            settings: new()
            {
                ["Delivery:Slots"] = "16",
                ["Delivery:SuspectSlots"] = "4",
                ["Delivery:Timeout"] = "00:05:00",
            }
        );
        var bad = Enumerable.Range(0, 10).Select(_ => ConnectionId.New().Text).ToHashSet();
        var good = Enumerable.Range(0, 40).Select(_ => ConnectionId.New()).ToList();
        var release = new TaskCompletionSource();
        var givenUp = 0;
        host.Datadog.Answer = async (r, cancellationToken) =>
        {
            if (bad.Contains(r.Connection))
            {
                await using var end = cancellationToken.Register(() => Interlocked.Increment(ref givenUp));
                await release.Task.WaitAsync(cancellationToken);
            }

            return await FakeDatadog.Accepted();
        };
        foreach (var connection in bad)
        {
            await Task.WhenAll(
                Enumerable.Range(0, 5).Select(_ => host.PostAsync(ConnectionId.Parse(connection), "hangs"))
            );
        }

        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => host.PostAsync(good[i % 40], $"good-{i}")));
        Assert.Equal(400, (await host.Datadog.WaitForAsync(400)).Count);
        // They did not have to wait until one that hangs was given up.
        Assert.Equal(0, Volatile.Read(ref givenUp));
        release.SetResult();
        Assert.Equal(450, (await host.Datadog.WaitForAsync(450)).Count);
    }

    [Fact]
    public async Task TraceAndMetricNamesAreThereAndNoSecretIsInThem()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var spans = new System.Collections.Concurrent.ConcurrentQueue<System.Diagnostics.Activity>();
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = source => source.Name is "Partner.Sending" or "Microsoft.AspNetCore",
            Sample = (ref _) => System.Diagnostics.ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        using var client = new System.Diagnostics.Activity("client").Start();
        await host.PostAsync(_connection, "traced");
        client.Stop();
        await host.Datadog.WaitForAsync(1);
        await database.WaitUntilSettledAsync(_connection);
        var delivery = Assert.Single(
            spans,
            s => s.OperationName == "deliver logs" && s.Links.Any(l => l.Context.TraceId == client.TraceId)
        );
        Assert.Contains(
            spans,
            s => s.Kind == System.Diagnostics.ActivityKind.Server && s.SpanId == delivery.Links.Single().Context.SpanId
        );
        Assert.DoesNotContain(delivery.Tags, t => t.Value?.Contains("key-of", StringComparison.Ordinal) ?? false);
    }

    private async Task<(string Reason, string Detail)> LetterAsync()
    {
        await using var command = database.Database.Source.CreateCommand(
            $"SELECT reason, detail FROM dead_letters WHERE connection = '{_connection.Text}'"
        );
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        var letter = (reader.GetString(0), reader.GetString(1));
        Assert.False(await reader.ReadAsync());
        return letter;
    }
}
