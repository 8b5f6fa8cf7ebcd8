using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.SiteRouter.Tests;

public sealed class ConnectionCacheTests
{
    private static readonly ConnectionRecord Record = new(
        ConnectionId.New(),
        TenantId.New(),
        ConnectionState.Connected,
        null,
        "datadoghq.com",
        null,
        [],
        1
    );

    private readonly ManualTimeProvider _time = new();
    private readonly SiteRouterOptions _options = new() { MaxConnections = 10 };
    private readonly ConnectionCache _cache;
    private Func<ConnectionId, Task<ConnectionRecord?>> _auth = _ => Task.FromResult<ConnectionRecord?>(Record);
    private int _asked;

    public ConnectionCacheTests() =>
        _cache = new ConnectionCache(
            (connection, _) =>
            {
                Interlocked.Increment(ref _asked);
                return _auth(connection);
            },
            Options.Create(_options),
            _time,
            NullLogger<ConnectionCache>.Instance
        );

    [Fact]
    public async Task AnAnswerServesForThirtySeconds()
    {
        Assert.Equal(Record, await FindAsync());
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(Record, await FindAsync());
        Assert.Equal(1, _asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        _auth = _ => Task.FromResult<ConnectionRecord?>(Record with { Site = "datadoghq.eu" });
        Assert.Equal(Record with { Site = "datadoghq.eu" }, await FindAsync());
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task WhileAuthIsDownTheLastAnswerServesForFifteenMinutes()
    {
        await FindAsync();
        _auth = _ => throw new HttpRequestException("down");
        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal(Record, await FindAsync());
        Assert.Equal(Record, await FindAsync());
        Assert.Equal(2, _asked);
        _time.Advance(TimeSpan.FromSeconds(5));
        _auth = _ => throw new TimeoutException();
        Assert.Equal(Record, await FindAsync());
        Assert.Equal(3, _asked);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<TimeoutException>(FindAsync);
    }

    [Fact]
    public async Task AnythingElseThanAnOutageIsNotHiddenByTheLastAnswer()
    {
        await FindAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        _auth = _ => throw new InvalidOperationException();
        await Assert.ThrowsAsync<InvalidOperationException>(FindAsync);
    }

    [Fact]
    public async Task UnknownOrWithoutASiteIsAskedForEachTime()
    {
        _auth = _ => Task.FromResult<ConnectionRecord?>(null);
        Assert.Null(await FindAsync());
        _auth = _ => Task.FromResult<ConnectionRecord?>(Record with { Site = null });
        Assert.Equal(Record with { Site = null }, await FindAsync());
        _auth = _ => Task.FromResult<ConnectionRecord?>(Record);
        Assert.Equal(Record, await FindAsync());
        Assert.Equal(3, _asked);
    }

    [Fact]
    public async Task AConnectionThatIsGoneIsForgotten()
    {
        await FindAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        _auth = _ => Task.FromResult<ConnectionRecord?>(null);
        Assert.Null(await FindAsync());
        _auth = _ => throw new HttpRequestException("down");
        await Assert.ThrowsAsync<HttpRequestException>(FindAsync);
    }

    [Fact]
    public async Task ManyWhoAskAtOnceAreOneQuestion()
    {
        var answer = new TaskCompletionSource<ConnectionRecord?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _auth = _ => answer.Task;
        var callers = Enumerable.Range(0, 20).Select(_ => FindAsync()).ToList();
        using var impatient = new CancellationTokenSource();
        var cancelled = _cache.FindAsync(Record.Connection, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => cancelled);
        answer.SetResult(Record);
        Assert.All(await Task.WhenAll(callers), record => Assert.Equal(Record, record));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task TheOldestGoWhenItIsFull()
    {
        var first = ConnectionId.New();
        await _cache.FindAsync(first, default);
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await _cache.FindAsync(ConnectionId.New(), default);
            Assert.InRange(_cache.Count, 1, 10);
        }

        Assert.Equal(101, _asked);
        await _cache.FindAsync(first, default);
        Assert.Equal(102, _asked);
    }

    private Task<ConnectionRecord?> FindAsync() => _cache.FindAsync(Record.Connection, default);
}
