using Partner.Contracts;
using Partner.Sending.DeadLetters;

namespace Partner.Sending.Tests;

public sealed class DeadLetterRoomTests
{
    private readonly List<ConnectionId> _connections = [.. Enumerable.Range(0, 5).Select(_ => ConnectionId.New())];

    [Fact]
    public void NobodyGivesUpAnythingWhileThereIsRoom() =>
        Assert.Equal([], Decide([10, 20, 70], connection: 70, all: 100));

    [Fact]
    public void WhoHoldsMoreThanAConnectionMayGivesUpWhatIsBeyond() =>
        Assert.Equal([(2, 25), (1, 5)], Decide([10, 55, 75], connection: 50, all: 1_000));

    // The level is 30: 10 + 20 + 30 + 30 + 30.
    [Fact]
    public void WhereAllHoldTooMuchThoseThatHoldMostComeDownToOneLevel() =>
        Assert.Equal([(4, 70), (3, 20), (2, 10)], Decide([10, 20, 40, 50, 100], connection: 100, all: 120));

    [Fact]
    public void BothLimitsHoldAtOnce() =>
        Assert.Equal([(2, 60), (1, 20)], Decide([10, 60, 100], connection: 50, all: 90));

    [Fact]
    public void WhatWasSentAgainGoesFirst()
    {
        List<Held> held = [new(_connections[0], 100, 30), new(_connections[1], 90, 70)];
        Assert.Equal(
            [
                new Removal(_connections[0], 30, OnlyReplayed: true),
                new Removal(_connections[0], 20, OnlyReplayed: false),
                new Removal(_connections[1], 40, OnlyReplayed: true),
            ],
            DeadLetterRoom.Decide(held, 50, 100)
        );
    }

    [Fact]
    public void WhatIsLeftFitsWhoeverHoldsHowMuchAndWhoHoldsLeastLosesNothing()
    {
        var random = new Random(5);
        for (var i = 0; i < 2_000; i++)
        {
            var held = Enumerable
                .Range(0, random.Next(1, 30))
                .Select(_ => new Held(ConnectionId.New(), random.Next(1, 1_000), 0))
                .ToList();
            var (connection, all) = (random.Next(50, 1_000), random.Next(1_000, 20_000));
            var removals = DeadLetterRoom.Decide(held, connection, all).ToDictionary(r => r.Connection, r => r.Bytes);
            var left = held.ConvertAll(h => h.Bytes - removals.GetValueOrDefault(h.Connection));
            Assert.InRange(left.Sum(), 0, all);
            Assert.InRange(left.Max(), 0, connection);
            // Who gave up something holds no less than anybody, and no room is given up in vain.
            Assert.All(held.Zip(left), h => Assert.True(h.First.Bytes == h.Second || h.Second == left.Max()));
            Assert.True(removals.Count == 0 || left.Max() == connection || left.Sum() > all - held.Count);
        }
    }

    private List<(int Connection, long Bytes)> Decide(int[] bytes, long connection, long all) =>
        DeadLetterRoom
            .Decide([.. bytes.Select((b, i) => new Held(_connections[i], b, 0))], connection, all)
            .ConvertAll(r => (_connections.IndexOf(r.Connection), r.Bytes));
}
