using Partner.DatadogClient;
using Partner.SiteRouter.Datadog;
using Partner.Testing;

namespace Partner.SiteRouter.Tests.Datadog;

public sealed class RateWindowTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 0, 0, TimeSpan.Zero));
    private long _customer;
    private int _used;

    [Theory]
    [InlineData(100, 0, 50)]
    [InlineData(100, 60, 20)]
    [InlineData(100, 100, 1)]
    [InlineData(101, 0, 50)]
    [InlineData(2, 0, 1)]
    [InlineData(1, 0, 1)]
    public void HalfOfWhatTheCustomersToolsLeaveIsOurs(int limit, int customer, int ours)
    {
        var window = new RateWindow(0.5);
        // The limit is learnt from the first answer.
        (_customer, _used) = (customer, 1);
        window.Begin(
            new RateLimitHeaders("n", limit, Hour, Math.Max(0, limit - customer - 1), Hour),
            _time.GetUtcNow()
        );
        Spend(window, limit, 1_000);
        Assert.Equal(ours, _used);
    }

    [Fact]
    public void WhoIsRefusedIsToldWhatItIsAndWhenItEnds()
    {
        var window = new RateWindow(0.5);
        window.Begin(new RateLimitHeaders("logs_search", 2, Hour, 1, TimeSpan.FromMinutes(10)), _time.GetUtcNow());
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(
            new RateLimitHeaders("logs_search", 2, Hour, 0, TimeSpan.FromMinutes(6)),
            window.Take(_time.GetUtcNow())
        );
    }

    [Fact]
    public void WhatIsOnItsWayCountsAlready()
    {
        var window = new RateWindow(0.5);
        window.Begin(new RateLimitHeaders("n", 10, Hour, 9, Hour), _time.GetUtcNow());
        Assert.Equal(
            [true, true, true, true, false],
            Enumerable.Range(0, 5).Select(_ => window.Take(_time.GetUtcNow()) is null)
        );
    }

    [Fact]
    public void TheNextPeriodBeginsAnew()
    {
        var window = new RateWindow(0.5);
        window.Begin(new RateLimitHeaders("n", 10, Hour, 9, Hour), _time.GetUtcNow());
        _used = 1;
        Assert.Equal(4, Spend(window, 10, 100));
        _time.Advance(Hour);
        _used = 0;
        Assert.Equal(5, Spend(window, 10, 100));
        _time.Advance(3.5 * Hour);
        _used = 0;
        Assert.Equal(5, Spend(window, 10, 100));
    }

    [Fact]
    public void ALateAnswerOfTheLastPeriodChangesNothing()
    {
        var window = new RateWindow(0.5);
        window.Begin(new RateLimitHeaders("n", 10, Hour, 9, Hour), _time.GetUtcNow());
        Assert.Null(window.Take(_time.GetUtcNow()));
        _time.Advance(Hour);
        window.Return(new RateLimitHeaders("n", 10, Hour, 0, TimeSpan.Zero), _time.GetUtcNow());
        _used = 1;
        Assert.Equal(4, Spend(window, 10, 100));
    }

    [Fact]
    public void WhoeverSays429WithoutNumbersIsLeftAloneForAsLongAsItSays()
    {
        using var response = new HttpResponseMessage(System.Net.HttpStatusCode.TooManyRequests);
        response.Headers.TryAddWithoutValidation("Retry-After", "30");
        var limit = RateLimitHeaders.Of(response.Headers, 429);
        Assert.Equal(new RateLimitHeaders(null, 0, default, 0, TimeSpan.FromSeconds(30)), limit);
        var window = new RateWindow(0.5);
        window.Begin(limit!, _time.GetUtcNow());
        Assert.NotNull(window.Take(_time.GetUtcNow()));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(window.Take(_time.GetUtcNow()));
    }

    [Theory]
    [InlineData(
        "X-RateLimit-Limit: 10|X-RateLimit-Remaining: 3|X-RateLimit-Reset: 7|X-RateLimit-Period: 60|X-RateLimit-Name: n",
        200,
        "n 10 60 3 7"
    )]
    [InlineData("x-ratelimit-limit: 10|x-ratelimit-remaining: 3|x-ratelimit-reset: 7", 200, " 10 0 3 7")]
    [InlineData("X-RateLimit-Limit: 10|X-RateLimit-Remaining: 3|X-RateLimit-Reset: 7", 429, " 10 0 0 7")]
    [InlineData("X-RateLimit-Limit: ten|X-RateLimit-Remaining: 3|X-RateLimit-Reset: 7", 200, null)]
    [InlineData("X-RateLimit-Limit: -1|X-RateLimit-Remaining: 3|X-RateLimit-Reset: 7", 200, null)]
    [InlineData("X-RateLimit-Limit: 10|X-RateLimit-Remaining: 3|X-RateLimit-Reset: 99999999999", 200, " 10 0 3 86400")]
    [InlineData("A: b", 200, null)]
    [InlineData("A: b", 429, " 0 0 0 1")]
    public void TheHeadersSayWhatItIs(string headers, int status, string? expected)
    {
        using var response = new HttpResponseMessage();
        foreach (var header in headers.Split('|'))
        {
            response.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
        }

        var limit = RateLimitHeaders.Of(response.Headers, status);
        Assert.Equal(
            expected,
            limit is null
                ? null
                : $"{limit.Name} {limit.Limit} {limit.Period.TotalSeconds} {limit.Remaining} {limit.Reset.TotalSeconds}"
        );
    }

    [Theory]
    [InlineData("X-RateLimit-Reset: 7|Retry-After: 9", 7.0)]
    [InlineData("X-RateLimit-Reset: 0.5", 0.5)]
    [InlineData("X-RateLimit-Reset: soon|Retry-After: 9", 9.0)]
    [InlineData("X-RateLimit-Reset: -7|Retry-After: 9", 9.0)]
    [InlineData("X-RateLimit-Reset: NaN", null)]
    [InlineData("X-RateLimit-Reset: 99999999999", 60.0)]
    [InlineData("X-RateLimit-Reset: 1e400|Retry-After: 99999999999", 60.0)]
    [InlineData("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", null)]
    [InlineData("A: b", null)]
    public void TheWaitIsWhatDatadogSaysElseWhatTheStandardSaysAndNeverTooLong(string headers, double? seconds)
    {
        using var response = new HttpResponseMessage();
        foreach (var header in headers.Split('|'))
        {
            response.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
        }

        Assert.Equal(seconds, RateLimitHeaders.WaitIn(response.Headers, TimeSpan.FromMinutes(1))?.TotalSeconds);
    }

    // Asks until it is told to wait; the org's books are kept as Datadog keeps them.
    private int Spend(RateWindow window, int limit, int most)
    {
        var taken = 0;
        while (taken < most && window.Take(_time.GetUtcNow()) is null)
        {
            taken++;
            _used++;
            var left =
                Hour
                - TimeSpan.FromTicks(
                    (_time.GetUtcNow() - new DateTimeOffset(2026, 1, 2, 3, 0, 0, TimeSpan.Zero)).Ticks % Hour.Ticks
                );
            window.Return(
                new RateLimitHeaders("n", limit, Hour, Math.Max(0, limit - _customer - _used), left),
                _time.GetUtcNow()
            );
        }

        return taken;
    }
}
