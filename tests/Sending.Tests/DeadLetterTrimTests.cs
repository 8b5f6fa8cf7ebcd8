using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.DeadLetters;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>Dead letters take no more room than they may, and whose do is none of the others' concern (F22).</summary>
public sealed class DeadLetterTrimTests : ReplayCalls, IAsyncLifetime
{
    private const int Item = 800;

    // As it is counted: with the 200 of its row.
    private const int Letter = 1_000;

    private readonly ManualTimeProvider _time = new();
    private readonly IMeterFactory _meters = new ServiceCollection()
        .AddMetrics()
        .BuildServiceProvider()
        .GetRequiredService<IMeterFactory>();
    private TestDatabase _own = null!;

    // What all hold is counted here.
    public async ValueTask InitializeAsync() => _own = await TestDatabase.CreateAsync(SendingDatabase.Scripts, "logs");

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    [Trait("fault", "F22")]
    public async Task AFloodOfOneConnectionCostsNobodyElseALetterAndLeavesItItsNewest()
    {
        var others = Enumerable.Range(0, 5).Select(_ => ConnectionId.New()).ToList();
        // The others' are the oldest.
        foreach (var other in others)
        {
            await FillAsync(other, 50);
        }

        await FillAsync(Connection, 5_000);
        using var removed = CountRemoved(out var ofSize);
        await TrimAsync(Trimmer(maxConnection: 1_000 * Letter, all: 2_000 * Letter));
        Assert.Equal([50, 50, 50, 50, 50], (await Task.WhenAll(others.Select(CountAsync))).ToList());
        Assert.Equal((1_000, 4_001, 5_000), await KeptAsync(Connection));
        Assert.Equal((4_000, 4_000), (await TrimmedAsync(Connection), ofSize()));
    }

    [Fact]
    [Trait("fault", "F22")]
    public async Task WhereAllTogetherHoldTooMuchThoseThatHoldMostGiveUpTheirOldest()
    {
        var (little, much, more) = (ConnectionId.New(), ConnectionId.New(), ConnectionId.New());
        await FillAsync(little, 200);
        await FillAsync(more, 900);
        await FillAsync(much, 600);
        await TrimAsync(Trimmer(maxConnection: 1_000 * Letter, all: 1_000 * Letter));
        Assert.Equal((200, 1, 200), await KeptAsync(little));
        Assert.Equal((400, 201, 600), await KeptAsync(much));
        Assert.Equal((400, 501, 900), await KeptAsync(more));
    }

    [Fact]
    public async Task WhatWasSentAgainGoesBeforeWhatWasNotAndIsNotCountedAsLost()
    {
        await FillAsync(Connection, 500);
        await _own.ExecuteAsync(
            "UPDATE dead_letters SET replayed_at = now() WHERE connection = $1 AND detail = '' AND item_at > 300",
            Connection.Text
        );
        await TrimAsync(Trimmer(maxConnection: 350 * Letter, all: 350 * Letter));
        Assert.Equal((350, 1, 500), await KeptAsync(Connection));
        Assert.Equal(0, await TrimmedAsync(Connection));
        await TrimAsync(Trimmer(maxConnection: 100 * Letter, all: 350 * Letter));
        Assert.Equal((100, 201, 300), await KeptAsync(Connection));
        Assert.Equal(200, await TrimmedAsync(Connection));
    }

    [Fact]
    public async Task TwoInstancesDoNotRemoveTwiceAsMuch()
    {
        await FillAsync(Connection, 500);
        var (first, second) = (Trimmer(100 * Letter, 100 * Letter), Trimmer(100 * Letter, 100 * Letter));
        Assert.True(await first.StepAsync(CancellationToken.None));
        // It has measured; the other waits for its turn.
        Assert.False(await second.StepAsync(CancellationToken.None));
        await TrimAsync(first);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(await second.StepAsync(CancellationToken.None));
        Assert.Equal((100, 401, 500), await KeptAsync(Connection));
    }

    [Fact]
    public async Task AnInstanceThatEndsMidwayLeavesTheRestToAnother()
    {
        await FillAsync(Connection, 500);
        var first = Trimmer(100 * Letter, 100 * Letter);
        Assert.True(await first.StepAsync(CancellationToken.None));
        Assert.True(await first.StepAsync(CancellationToken.None));
        Assert.Equal(450, await CountAsync(Connection));
        await first.EndAsync();
        await TrimAsync(Trimmer(100 * Letter, 100 * Letter));
        Assert.Equal((100, 401, 500), await KeptAsync(Connection));
    }

    [Fact]
    public async Task ALookIsTakenNowAndThenOnly()
    {
        var trimmer = Trimmer(100 * Letter, 100 * Letter);
        Assert.False(await trimmer.StepAsync(CancellationToken.None));
        await FillAsync(Connection, 101);
        Assert.False(await trimmer.StepAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(await trimmer.StepAsync(CancellationToken.None));
        await TrimAsync(trimmer);
    }

    [Fact]
    public async Task WhatAnotherTransactionIsAtIsPassedOver()
    {
        await FillAsync(Connection, 200);
        await using var session = await _own.Source.OpenConnectionAsync();
        await using var transaction = await session.BeginTransactionAsync();
        await using (
            var hold = new Npgsql.NpgsqlCommand(
                "UPDATE dead_letters SET replayed_at = now() WHERE item_at <= 10",
                session
            )
        )
        {
            await hold.ExecuteNonQueryAsync();
        }

        await TrimAsync(Trimmer(100 * Letter, 100 * Letter));
        await transaction.CommitAsync();
        Assert.Equal(
            10,
            await _own.ScalarAsync<long>("SELECT count(*) FROM dead_letters WHERE replayed_at IS NOT NULL")
        );
        Assert.Equal((100, 1, 200), await KeptAsync(Connection));
    }

    [Fact]
    [Trait("fault", "F32")]
    public async Task AReplayGoesOnOverLettersThatAreRemovedAndEnds()
    {
        await FillAsync(Connection, 1_000, accepted: true);
        await using var host = await SendingHost.StartAsync(
            _own.ConnectionString,
            settings: new() { ["DeadLetters:ReplayBatch"] = "50" }
        );
        var hold = new TaskCompletionSource();
        host.Datadog.Answer = async (_, cancellationToken) =>
        {
            await hold.Task.WaitAsync(cancellationToken);
            return await FakeDatadog.Accepted();
        };
        var replay = await StartAsync(host, new { });
        await Until.TrueAsync(async () => (await ShowAsync(host, replay.Id)).Replayed == 100);
        // Those 100, and 600 that it would have come to.
        await TrimAsync(Trimmer(300 * Letter, 300 * Letter));
        Assert.Equal(600, await TrimmedAsync(Connection));
        hold.SetResult();
        await Until.TrueAsync(async () => (await ShowAsync(host, replay.Id)).State == "done");
        var done = await ShowAsync(host, replay.Id);
        Assert.Equal((1_000L, 400L, 0L), (done.Total, done.Replayed, done.RefusedExpired));
        Assert.Equal(
            Enumerable.Range(1, 100).Concat(Enumerable.Range(701, 300)).Select(NameOf).Order(),
            (await host.Datadog.WaitForAsync(400)).Order()
        );
        Assert.Equal(0, await SendingDatabase.WaitForAsync(_own, "SELECT count(*) FROM segments", 0));
        // As with those that age out: they were given up once, whether they are still there or not.
        var told = await host.DeliveriesAsync(Connection);
        Assert.Equal((1_000L, 400L, 600L), (told.Accepted, told.Delivered, told.DeadLetters));
        Assert.Contains(
            "\"discarded\":0,\"aged_out\":0,\"trimmed\":600}",
            await host.GetAsync($"{Replays[..^"/replays".Length]}/reasons"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("DeadLetters:MaxConnectionBytes", "9000000000")]
    [InlineData("DeadLetters:MaxConnectionBytes", "0")]
    [InlineData("DeadLetters:MaxBytes", "1000000")]
    public async Task LimitsThatCannotBeAreRefusedAtTheStart(string name, string value)
    {
        await using var host = await SendingHost.StartAsync(
            _own.ConnectionString,
            settings: new() { [name] = value },
            start: false
        );
        await Assert.ThrowsAsync<OptionsValidationException>(() => host.App.StartAsync());
    }

    private static string NameOf(int number) => $"letter-{number}".PadRight(Item);

    // Numbered by the time of their item, which is none, from 1.
    private Task FillAsync(ConnectionId connection, int count, bool accepted = false) =>
        _own.ExecuteAsync(
            """
            WITH letters AS (
                INSERT INTO dead_letters (connection, reason, detail, variant, item_at, item)
                SELECT $1, 'rejected', '', '', CASE WHEN $4 THEN 0 ELSE i END, convert_to(rpad('letter-' || i, $3), 'UTF8') FROM generate_series(1, $2) AS i)
            INSERT INTO accepted (connection, epoch, items, dead_lettered) VALUES ($1, 0, $2, $2)
            """,
            connection.Text,
            count,
            Item,
            accepted
        );

    private DeadLetterTrimmer Trimmer(long maxConnection, long all)
    {
        var options = new DeadLetterOptions
        {
            MaxConnectionBytes = maxConnection,
            MaxBytes = all,
            RemovedAtOnce = 50,
        };
        return new DeadLetterTrimmer(
            new TrimStore(_own.Source),
            new DeadLetterMetrics(_meters, new TestSender()),
            _time,
            Options.Create(options),
            NullLogger<DeadLetterTrimmer>.Instance
        );
    }

    private MeterListener CountRemoved(out Func<long> ofSize)
    {
        var (listener, count) = (new MeterListener(), 0L);
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (
                instrument.Name == "partner.sending.dead_letters.removed"
                && ReferenceEquals(instrument.Meter.Scope, _meters)
            )
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>(
            (_, value, tags, _) =>
                count += tags.Contains(new KeyValuePair<string, object?>("reason", "size")) ? value : 0
        );
        listener.Start();
        ofSize = () => count;
        return listener;
    }

    private static async Task TrimAsync(DeadLetterTrimmer trimmer)
    {
        while (await trimmer.StepAsync(CancellationToken.None)) { }
    }

    private Task<long> CountAsync(ConnectionId connection) =>
        _own.ScalarAsync<long>("SELECT count(*) FROM dead_letters WHERE connection = $1", connection.Text);

    private Task<long> TrimmedAsync(ConnectionId connection) =>
        _own.ScalarAsync<long>(
            "SELECT coalesce((SELECT trimmed FROM letter_ends WHERE connection = $1), 0)",
            connection.Text
        );

    private async Task<(long Count, long First, long Last)> KeptAsync(ConnectionId connection) =>
        (
            await CountAsync(connection),
            await _own.ScalarAsync<long>(
                "SELECT min(item_at) FROM dead_letters WHERE connection = $1",
                connection.Text
            ),
            await _own.ScalarAsync<long>("SELECT max(item_at) FROM dead_letters WHERE connection = $1", connection.Text)
        );
}
