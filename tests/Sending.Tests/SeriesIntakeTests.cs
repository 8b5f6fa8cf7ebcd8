using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.Accept;
using Partner.Sending.Series;

namespace Partner.Sending.Tests;

/// <summary>A request is read again with the last points of its series.</summary>
public sealed class SeriesIntakeTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private static readonly SeriesKey Key = new(1);

    private readonly ConnectionId _connection = ConnectionId.New();

    [Theory]
    [InlineData(100, null)]
    [InlineData(300, 413)]
    [Trait("fault", "F31")]
    public async Task StoredPointsArePaidForAndWhatNeverFitsIsToldAsThat(int bytes, int? status)
    {
        var options = Options.Create(new SeriesOptions());
        var source = database.Database.Source;
        var store = new SeriesStore(source, new SeriesQuota(source, TimeProvider.System, options), options);
        var points = await store.FindAsync(_connection, [Key], TimeProvider.System.GetUtcNow(), CancellationToken.None);
        Assert.True(points.TrySet(new SeriesPoint(Key, Started: 1, At: 2, new byte[bytes])));
        await database.KeepAsync(_connection, points);

        using var memory = new MemoryCharge(new MemoryBudget(1_000));
        var (refusal, _) = await new SeriesIntake(store).AcceptAsync(
            _connection,
            new IntakeBody(default, null, QueryCollection.Empty, new("/", 202, DatadogErrorShape.Texts))
            {
                Now = TimeProvider.System.GetUtcNow(),
                Memory = memory,
            },
            body => new ParsedBody(default, [], "") { Continues = body.Series is null ? [Key] : [] },
            (_, read) =>
            {
                Assert.Equal(2, read!.Find(Key)!.At);
                return Task.FromResult<BodyRejection?>(null);
            },
            CancellationToken.None
        );

        Assert.Equal(status, refusal?.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RequestsTakeTurnsWhereTheyWouldOvertakeEachOther(bool takesTurns)
    {
        const int Requests = 30;
        var options = Options.Create(new SeriesOptions());
        var source = database.Database.Source;
        var intake = new SeriesIntake(
            new SeriesStore(source, new SeriesQuota(source, TimeProvider.System, options), options)
        );
        var (reads, underWay, most) = (0, 0, 0);
        using var all = new SemaphoreSlim(0);
        async Task<BodyRejection?> AcceptAsync(ParsedBody parsed, SeriesPoints? points)
        {
            var now = Interlocked.Increment(ref underWay);
            lock (all)
            {
                most = Math.Max(most, now);
            }

            // Without turns the last of them lets all go on.
            if (!takesTurns && Interlocked.Increment(ref reads) == Requests)
            {
                all.Release(Requests);
            }

            if (takesTurns)
            {
                await Task.Yield();
            }
            else
            {
                await all.WaitAsync();
            }

            Interlocked.Decrement(ref underWay);
            return null;
        }

        await Task.WhenAll(
            Enumerable
                .Range(0, Requests)
                .Select(_ =>
                    intake.AcceptAsync(
                        _connection,
                        new IntakeBody(default, null, QueryCollection.Empty, new("/", 202, DatadogErrorShape.Texts))
                        {
                            Now = TimeProvider.System.GetUtcNow(),
                        },
                        body => new ParsedBody(default, [], "")
                        {
                            Continues = body.Series is null ? [Key] : [],
                            TakesTurns = takesTurns,
                        },
                        AcceptAsync,
                        CancellationToken.None
                    )
                )
        );

        Assert.Equal(takesTurns ? 1 : Requests, most);
    }
}
