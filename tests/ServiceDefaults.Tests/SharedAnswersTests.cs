using Partner.Testing;

namespace Partner.ServiceDefaults.Tests;

public sealed class SharedAnswersTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task WhoAsksMeanwhileSharesOneRunAndWhoAsksLaterDoesNot()
    {
        var flights = new SingleFlight<string, int>();
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = 0;
        Task<int> AskAsync(CancellationToken cancellationToken) =>
            flights.RunAsync(
                "a",
                () =>
                {
                    Interlocked.Increment(ref runs);
                    return answer.Task;
                },
                cancellationToken
            );
        using var impatient = new CancellationTokenSource();
        var first = AskAsync(impatient.Token);
        var others = Enumerable.Range(0, 20).Select(_ => AskAsync(CancellationToken.None)).ToList();
        Assert.Equal(5, await flights.RunAsync("b", () => Task.FromResult(5), CancellationToken.None));
        await impatient.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => first);
        answer.SetResult(7);
        Assert.All(await Task.WhenAll(others), value => Assert.Equal(7, value));
        Assert.Equal(1, runs);
        Assert.Equal(7, await AskAsync(CancellationToken.None));
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task WhatARunThrowsAllGetAndTheNextRunsAnew()
    {
        var flights = new SingleFlight<int, int>();
        await Assert.ThrowsAsync<TimeoutException>(() =>
            flights.RunAsync(1, () => throw new TimeoutException(), CancellationToken.None)
        );
        Assert.Equal(2, await flights.RunAsync(1, () => Task.FromResult(2), CancellationToken.None));
    }

    [Fact]
    public void AValueServesForItsTimeUntilItIsRemovedOrThereAreTooMany()
    {
        var cache = new BoundedCache<int, string>(2, _time);
        cache.Set(1, "one", TimeSpan.FromSeconds(1));
        cache.Set(2, "two", TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(cache.TryGet(1, out _));
        Assert.True(cache.TryGet(2, out var two));
        Assert.Equal("two", two);
        cache.Remove(2);
        Assert.False(cache.TryGet(2, out _));
        cache.Set(2, "two", TimeSpan.FromSeconds(3));
        cache.Set(3, "three", TimeSpan.FromSeconds(3));
        Assert.Equal((false, true), (cache.TryGet(2, out _), cache.TryGet(3, out _)));
    }
}
