using Partner.Sending.Lanes;

namespace Partner.Sending.Tests;

public sealed class DeficitRoundRobinTests
{
    [Theory]
    [Trait("fault", "F14")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void BackloggedMembersStayWithinOneBatchAndOneQuantum(int seed)
    {
        const int Quantum = 1_000;
        const int Largest = 5_000;
        var random = new Random(seed);
        var ring = new DeficitRoundRobin<string>(Quantum);
        var served = Enumerable.Range(0, 20).ToDictionary(i => $"{i}", _ => 0L);
        var next = served.Keys.ToDictionary(k => k, _ => (long)random.Next(1, Largest));
        foreach (var member in served.Keys)
        {
            ring.Add(member);
        }

        for (var i = 0; i < 20_000; i++)
        {
            Assert.True(ring.TryNext(m => next[m], Assert.Fail, out var member));
            served[member] += next[member];
            next[member] = random.Next(1, Largest);
            Assert.InRange(served.Values.Max() - served.Values.Min(), 0, Largest + (2 * Quantum));
        }
    }

    [Fact]
    public void OneWithNothingToSendLeavesAndTakesNoCreditAlong()
    {
        var ring = new DeficitRoundRobin<string>(100);
        ring.Add("a");
        var left = new List<string>();
        Assert.True(ring.TryNext(_ => 50, left.Add, out _));
        Assert.Empty(left);
        Assert.False(ring.TryNext(_ => 0, left.Add, out _));
        Assert.Equal(["a"], left);
        Assert.False(ring.Contains("a"));
    }
}
