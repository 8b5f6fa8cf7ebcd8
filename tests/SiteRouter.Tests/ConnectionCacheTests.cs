using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.DatadogClient;
using Partner.Testing;

namespace Partner.SiteRouter.Tests;

public sealed class ConnectionCacheTests : IDisposable
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
    private readonly HttpClient _http;
    private readonly ConnectionCache _cache;
    private Func<Task<ConnectionRecord?>> _auth = () => Task.FromResult<ConnectionRecord?>(Record);
    private int _asked;

    public ConnectionCacheTests()
    {
        _http = new HttpClient(new Auth(this)) { BaseAddress = new Uri("http://auth.test") };
        _cache = new ConnectionCache(
            new ConnectionClient(_http),
            Options.Create(_options),
            _time,
            NullLogger<ConnectionCache>.Instance
        );
    }

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task AnAnswerServesForThirtySeconds()
    {
        AssertSame(Record, await FindAsync());
        _time.Advance(TimeSpan.FromSeconds(29));
        AssertSame(Record, await FindAsync());
        Assert.Equal(1, _asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        _auth = () => Task.FromResult<ConnectionRecord?>(Record with { Site = "datadoghq.eu" });
        AssertSame(Record with { Site = "datadoghq.eu" }, await FindAsync());
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task WhileAuthIsDownTheLastAnswerServesForFifteenMinutes()
    {
        await FindAsync();
        _auth = () => throw new HttpRequestException("down");
        _time.Advance(TimeSpan.FromMinutes(14));
        AssertSame(Record, await FindAsync());
        AssertSame(Record, await FindAsync());
        Assert.Equal(2, _asked);
        _time.Advance(TimeSpan.FromSeconds(5));
        _auth = () => throw new TimeoutException();
        AssertSame(Record, await FindAsync());
        Assert.Equal(3, _asked);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<TimeoutException>(FindAsync);
    }

    [Fact]
    public async Task AnythingElseThanAnOutageIsNotHiddenByTheLastAnswer()
    {
        await FindAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        _auth = () => throw new InvalidOperationException();
        await Assert.ThrowsAsync<InvalidOperationException>(FindAsync);
    }

    [Fact]
    public async Task UnknownOrWithoutASiteIsAskedForEachTime()
    {
        _auth = () => Task.FromResult<ConnectionRecord?>(null);
        Assert.Null(await FindAsync());
        _auth = () => Task.FromResult<ConnectionRecord?>(Record with { Site = null });
        AssertSame(Record with { Site = null }, await FindAsync());
        _auth = () => Task.FromResult<ConnectionRecord?>(Record);
        AssertSame(Record, await FindAsync());
        Assert.Equal(3, _asked);
    }

    [Fact]
    public async Task AConnectionThatIsGoneIsForgotten()
    {
        await FindAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        _auth = () => Task.FromResult<ConnectionRecord?>(null);
        Assert.Null(await FindAsync());
        _auth = () => throw new HttpRequestException("down");
        await Assert.ThrowsAsync<HttpRequestException>(FindAsync);
    }

    [Fact]
    public async Task ManyWhoAskAtOnceAreOneQuestion()
    {
        var answer = new TaskCompletionSource<ConnectionRecord?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _auth = () => answer.Task;
        var callers = Enumerable.Range(0, 20).Select(_ => FindAsync()).ToList();
        using var impatient = new CancellationTokenSource();
        var cancelled = _cache.FindAsync(Record.Connection, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => cancelled);
        answer.SetResult(Record);
        Assert.All(await Task.WhenAll(callers), record => AssertSame(Record, record));
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

    // Its scopes are a list, which equals itself alone.
    private static void AssertSame(ConnectionRecord expected, ConnectionRecord? actual) =>
        Assert.Equivalent(expected, actual, strict: true);

    private sealed class Auth(ConnectionCacheTests test) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Interlocked.Increment(ref test._asked);
            return await test._auth() is { } record
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(record) }
                : new HttpResponseMessage(HttpStatusCode.NotFound);
        }
    }
}
