using Partner.Sending.Lanes;

namespace Partner.Sending.Tests;

public sealed class LaneConcurrencyTests
{
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void ItGrowsByOnePerRoundWhileAllOfItIsUsedUpToItsMost()
    {
        var concurrency = new LaneConcurrency(4);
        Assert.Equal([2, 3, 4, 4], Enumerable.Range(0, 4).Select(_ => LimitAfter(concurrency, rounds: 1)));
    }

    [Fact]
    public void WhatIsNotUsedDoesNotGrow()
    {
        var concurrency = new LaneConcurrency(4);
        for (var i = 0; i < 100; i++)
        {
            concurrency.Delivered(Usual, wasFull: false);
        }

        Assert.Equal(1, concurrency.Limit);
    }

    [Fact]
    [Trait("fault", "F13")]
    public void AnIntakeThatSlowsDownGetsFewerAtOnceAndAFailureHalves()
    {
        var concurrency = new LaneConcurrency(64);
        LimitAfter(concurrency, rounds: 20);
        Assert.Equal(21, concurrency.Limit);
        for (var i = 0; i < 21; i++)
        {
            concurrency.Delivered(TimeSpan.FromSeconds(2), wasFull: true);
        }

        Assert.Equal(18, concurrency.Limit);
        concurrency.Failed();
        Assert.Equal(9, concurrency.Limit);
    }

    [Fact]
    public void ItIsNeverBelowOneAndComesBack()
    {
        var concurrency = new LaneConcurrency(8);
        for (var i = 0; i < 10; i++)
        {
            concurrency.Failed();
        }

        Assert.Equal(1, concurrency.Limit);
        Assert.Equal(3, LimitAfter(concurrency, rounds: 2));
    }

    [Fact]
    public void ALastingChangeOfTheWeatherIsGotUsedTo()
    {
        var concurrency = new LaneConcurrency(8);
        LimitAfter(concurrency, rounds: 7);
        var (lowest, slow) = (8, TimeSpan.FromMilliseconds(400));
        for (var i = 0; i < 200; i++)
        {
            concurrency.Delivered(slow, wasFull: true);
            lowest = Math.Min(lowest, concurrency.Limit);
        }

        Assert.InRange(lowest, 1, 7);
        Assert.Equal(8, concurrency.Limit);
    }

    private static int LimitAfter(LaneConcurrency concurrency, int rounds)
    {
        for (; rounds > 0; rounds--)
        {
            for (var i = concurrency.Limit; i > 0; i--)
            {
                concurrency.Delivered(Usual, wasFull: true);
            }
        }

        return concurrency.Limit;
    }
}
