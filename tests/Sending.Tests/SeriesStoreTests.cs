using Microsoft.Extensions.Options;
using Npgsql;
using Partner.Contracts;
using Partner.Sending.Series;
using Partner.Storage;

namespace Partner.Sending.Tests;

/// <summary>The last points of cumulative series in the database.</summary>
public sealed class SeriesStoreTests : IClassFixture<SendingDatabase>
{
    private const long Floor = 1_000;

    private static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly SendingDatabase _database;
    private readonly SeriesOptions _options = new();
    private readonly ConnectionId _connection = ConnectionId.New();

    public SeriesStoreTests(SendingDatabase database) => _database = database;

    [Fact]
    public async Task AConnectionsFirstPointsReachBackAnHourAndTheFloorStaysThenWhereItIs()
    {
        var points = await FindAsync(Key(1));
        Assert.Null(points.Find(Key(1)));
        Assert.Equal((Now.ToUnixTimeSeconds() - 3_600) * 1_000_000_000, points.Floor);
        Assert.True(points.TrySet(Point(1, at: 5)));
        await KeepAsync(_connection, points);
        var later = await NewStore().FindAsync(_connection, [Key(1), Key(2)], Now.AddDays(1), CancellationToken.None);
        Assert.Equal((points.Floor, 5L), (later.Floor, later.Find(Key(1))?.At));
        Assert.Null(later.Find(Key(2)));
        Assert.Null((await FindAsync(ConnectionId.New(), Key(1))).Find(Key(1)));
    }

    [Fact]
    public async Task APointThatDoesNotFollowOnTheStoredOneFailsTheCommitAndIsFound()
    {
        await SetAsync((1, 5), (2, 5));
        var (first, second) = (await FindAsync(Key(1), Key(2)), await FindAsync(Key(1), Key(2)));
        Assert.True(first.TrySet(Point(1, at: 6)));
        Assert.True(second.TrySet(Point(1, at: 7)));
        Assert.True(second.TrySet(Point(2, at: 7)));
        Assert.True(second.TrySet(Point(3, at: 7)));
        Assert.Empty(await NewStore().FindOvertakenAsync([(_connection, second)], CancellationToken.None));
        await KeepAsync(_connection, first);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => KeepAsync(_connection, second));
        Assert.True(SeriesStore.IsOvertaken(refused));
        Assert.Equal(
            [(_connection, Key(1))],
            await NewStore().FindOvertakenAsync([(_connection, second)], CancellationToken.None)
        );
        var left = await FindAsync(Key(1), Key(2), Key(3));
        Assert.Equal([6, 5, null], new[] { 1, 2, 3 }.Select(i => left.Find(Key(i))?.At));
    }

    [Fact]
    public async Task ANewSeriesThatAnotherRequestHasStoredMeanwhileFailsTheCommitToo()
    {
        var (first, second) = (await FindAsync(Key(1)), await FindAsync(Key(1)));
        Assert.True(first.TrySet(Point(1, at: 6)));
        Assert.True(second.TrySet(Point(1, at: 7)));
        await KeepAsync(_connection, first);
        Assert.True(
            SeriesStore.IsOvertaken(await Assert.ThrowsAsync<PostgresException>(() => KeepAsync(_connection, second)))
        );
    }

    [Fact]
    public async Task ASeriesWithoutPointsForAWeekIsForgottenAndBeginsBelowTheFloorFromThenOn()
    {
        await SetAsync((1, 5), (2, 5));
        var floor = (await FindAsync()).Floor;
        await ExecuteAsync(
            "UPDATE series_points SET day = current_date - 8, started = $2 WHERE connection = $1 AND at = 5",
            _connection.Text,
            floor + 17
        );
        await SetAsync((2, 6));
        Assert.Equal(1, await NewStore().PruneAsync(1_000, CancellationToken.None));
        var left = await FindAsync(Key(1), Key(2));
        Assert.Equal((floor + 17, null, 6L), (left.Floor, left.Find(Key(1))?.At, left.Find(Key(2))?.At));
    }

    [Fact]
    public async Task APointThatIsNotCumulativeSaysNothingOfTheFloorAndIsForgottenSooner()
    {
        var points = await FindAsync(Key(1));
        Assert.True(points.TrySet(new SeriesPoint(Key(1), SeriesPoint.NotCumulative, At: 5, new byte[3])));
        await KeepAsync(_connection, points);
        Assert.Equal(
            (0L, 6),
            (
                await _database.Database.ScalarAsync<long>(
                    "SELECT count(*) FROM series_floors WHERE connection = $1",
                    _connection.Text
                ),
                await _database.Database.ScalarAsync<int>(
                    "SELECT current_date - day FROM series_points WHERE connection = $1",
                    _connection.Text
                )
            )
        );
    }

    [Fact]
    [Trait("fault", "F14")]
    public async Task RoomIsWhatTheConnectionHasLeftAndWhatWasAddedSinceTheLastLookTakesIt()
    {
        var options = new SeriesOptions { MaxConnectionBytes = 1_000 };
        var quota = new SeriesQuota(_database.Database.Source, TimeProvider.System, Options.Create(options));
        Assert.Equal(1_000, await quota.RoomAsync(_connection, CancellationToken.None));
        var points = new SeriesPoints(new Dictionary<SeriesKey, SeriesPoint>(), Floor, 1_000);
        Assert.True(points.TrySet(Point(1, at: 5, bytes: 300)));
        Assert.True(points.TrySet(Point(1, at: 6, bytes: 310)));
        Assert.False(points.TrySet(Point(2, at: 6, bytes: 91)));
        Assert.True(points.TrySet(Point(2, at: 6, bytes: 90)));
        await KeepAsync(_connection, points);
        quota.Committed(_connection, points.Added);
        Assert.Equal(0, await quota.RoomAsync(_connection, CancellationToken.None));
        var another = new SeriesQuota(_database.Database.Source, TimeProvider.System, Options.Create(options));
        Assert.Equal(0, await another.RoomAsync(_connection, CancellationToken.None));
        Assert.Equal(1_000, await another.RoomAsync(ConnectionId.New(), CancellationToken.None));
    }

    private async Task SetAsync(params (int Series, long At)[] points)
    {
        var found = await FindAsync([.. points.Select(point => Key(point.Series))]);
        Assert.All(points, point => Assert.True(found.TrySet(Point(point.Series, point.At))));
        await KeepAsync(_connection, found);
    }

    private Task<SeriesPoints> FindAsync(params SeriesKey[] keys) => FindAsync(_connection, keys);

    private Task<SeriesPoints> FindAsync(ConnectionId connection, params SeriesKey[] keys) =>
        NewStore().FindAsync(connection, keys, Now, CancellationToken.None);

    private SeriesStore NewStore()
    {
        var options = Options.Create(_options);
        var source = _database.Database.Source;
        return new SeriesStore(source, new SeriesQuota(source, TimeProvider.System, options), options);
    }

    private Task KeepAsync(ConnectionId connection, SeriesPoints points) => _database.KeepAsync(connection, points);

    private Task<int> ExecuteAsync(string sql, params object[] values) =>
        _database.Database.Source.ExecuteAsync(sql, CancellationToken.None, values);

    private static SeriesKey Key(int series) => new((UInt128)series);

    private static SeriesPoint Point(int series, long at, int bytes = 3) =>
        new(Key(series), Started: 2, at, new byte[bytes]);
}
