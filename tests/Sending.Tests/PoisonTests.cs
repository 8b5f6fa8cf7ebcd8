using System.Text;
using Partner.Contracts;

namespace Partner.Sending.Tests;

/// <summary>An item that fails for ever, whatever way it fails, stops nothing but itself; and an outage is not taken for one.</summary>
public sealed class PoisonTests
{
    private static readonly Outcome Passed = new Outcome.Delivered();
    private static readonly Outcome Answered = new Outcome.Retry(null, "500: broken");
    private static readonly Outcome NotAnswered = new Outcome.Retry(null, "No answer in time", Unknown: true);
    private static readonly Outcome Reset = new Outcome.Retry(null, "ResponseEnded", Unknown: true);

    private readonly ConnectionId _connection = ConnectionId.New();
    private readonly ConnectionId _other = ConnectionId.New();

    public static TheoryData<int, bool, int> Kinds { get; } =
        new MatrixTheoryData<int, bool, int>([0, 1, 2], [false, true], [1, 1_000]);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhatIsBehindItArrivesAndItIsADeadLetterWithWhatDatadogSays(int kind, bool keepsOrder, int batchItems)
    {
        var failure = new[] { Answered, NotAnswered, Reset }[kind];
        var lanes = new DeliverySimulation((_, _, texts) => texts.Any(IsBad) ? failure : Passed, keepsOrder, batchItems)
        {
            Takes = texts => failure == NotAnswered && texts.Any(IsBad) ? TimeSpan.FromSeconds(20) : TimeSpan.Zero,
        };
        lanes.Accept(_connection, "bad");
        for (var i = 0; i < 3; i++)
        {
            lanes.Accept(_connection, $"good {i}");
        }

        // The lane does not wait for the end of it.
        var passed = lanes.RunUntil(() => lanes.Taken.Count == 3, TimeSpan.FromMinutes(2));
        Assert.InRange(passed!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(failure == NotAnswered ? 180 : 15));
        Assert.Empty(lanes.Dead);
        Assert.Equal(
            ["good 0", "good 1", "good 2"],
            keepsOrder ? lanes.TakenOf(_connection) : lanes.TakenOf(_connection).Order()
        );
        var over = lanes.RunUntil(
            () => lanes.Dead.Count == 1,
            TimeSpan.FromHours(1),
            () => lanes.Accept(_connection, "more")
        );
        Assert.InRange(over!.Value, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));
        Assert.Equal(("undeliverable", ((Outcome.Retry)failure).Reason, "bad"), LetterOf(lanes));
        lanes.RunUntil(() => lanes.Rows == 0, TimeSpan.FromMinutes(1));
        Assert.Equal(0, lanes.Rows);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public void AmongManyInOneRequestItIsFoundByHalvesAndTheOthersArriveOnce(int batchItems)
    {
        var lanes = new DeliverySimulation(
            (_, _, texts) => texts.Any(IsBad) ? Answered : Passed,
            batchItems: batchItems
        );
        var texts = Enumerable.Range(0, 600).Select(i => i is 0 or 41 or 599 ? $"bad {i}" : $"good {i}").ToArray();
        lanes.Accept(_connection, texts);
        Assert.NotNull(lanes.RunUntil(() => lanes.Taken.Count(t => t.Text != "more") == 597, TimeSpan.FromMinutes(2)));
        Assert.NotNull(
            lanes.RunUntil(
                () => lanes.Dead.Count == 3,
                TimeSpan.FromMinutes(30),
                () => lanes.Accept(_connection, "more")
            )
        );
        Assert.Equal(texts.Where(t => !IsBad(t)).Order(), lanes.TakenOf(_connection).Where(t => t != "more").Order());
        Assert.Equal(
            texts.Where(IsBad).Order(),
            lanes.Dead.Select(d => Encoding.UTF8.GetString(d.Letter.Item)).Order()
        );
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 1_000)]
    [InlineData(true, 1_000)]
    public void ATenthOfBadItemsSlowsNobodyDown(bool keepsOrder, int batchItems)
    {
        var lanes = new DeliverySimulation(
            (_, _, texts) => texts.Any(IsBad) ? Answered : Passed,
            keepsOrder,
            batchItems
        );
        var sent = 0;
        lanes.RunUntil(
            () => sent == 6_000,
            TimeSpan.FromHours(1),
            () =>
            {
                for (var i = 0; i < 10; i++)
                {
                    lanes.Accept(_connection, sent++ % 10 == 3 ? $"bad {sent}" : $"good {sent}");
                }
            }
        );
        lanes.RunUntil(() => lanes.Taken.Count == 5_400, TimeSpan.FromMinutes(5));
        Assert.Equal(5_400, lanes.Taken.Count);
        Assert.Equal(5_400, lanes.Taken.Select(t => t.Text).Distinct().Count());
        Assert.NotNull(
            lanes.RunUntil(() => lanes.Rows <= 1, TimeSpan.FromMinutes(30), () => lanes.Accept(_connection, "more"), 5)
        );
        Assert.All(lanes.Dead, d => Assert.Equal(DeadLetterReason.Undeliverable, d.Letter.Reason));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1_000)]
    public void AnOutageOfTheSiteGivesNothingUpAndKeepsTheOrder(bool keepsOrder, int batchItems)
    {
        foreach (var minutes in new[] { 0.1, 1, 10, 60, 17 * 60 })
        {
            var isAway = true;
            var lanes = new DeliverySimulation((_, _, _) => isAway ? Answered : Passed, keepsOrder, batchItems);
            for (var i = 0; i < 5; i++)
            {
                lanes.Accept(_connection, $"{i}");
                lanes.Accept(_other, $"{i}");
            }

            lanes.RunUntil(() => false, TimeSpan.FromMinutes(minutes));
            Assert.Equal((0, 0), (lanes.Dead.Count, lanes.Taken.Count));
            isAway = false;
            Assert.NotNull(lanes.RunUntil(() => lanes.Taken.Count == 10, TimeSpan.FromMinutes(3)));
            Assert.Equal(
                ["0", "1", "2", "3", "4"],
                keepsOrder ? lanes.TakenOf(_connection) : lanes.TakenOf(_connection).Order()
            );
            Assert.Empty(lanes.Dead);
        }
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.95)]
    public void ASiteThatFailsNowHereNowThereIsNotAnItemThatFails(double share)
    {
        var chance = new Random(5);
        var lanes = new DeliverySimulation((_, _, _) => chance.NextDouble() < share ? Answered : Passed, batchItems: 1);
        var connections = Enumerable.Range(0, 8).Select(_ => ConnectionId.New()).ToList();
        var sent = 0;
        lanes.RunUntil(
            () => false,
            TimeSpan.FromMinutes(60),
            () => connections.ForEach(c => lanes.Accept(c, $"{sent++}")),
            5
        );
        Assert.DoesNotContain(lanes.Dead, d => d.Letter.Reason == DeadLetterReason.Undeliverable);
        lanes.Answer = (_, _, _) => Passed;
        lanes.RunUntil(() => lanes.Rows == 0, TimeSpan.FromMinutes(5));
        Assert.Equal((sent, 0), (lanes.Taken.Select(t => t.Text).Distinct().Count(), lanes.Dead.Count));
    }

    [Fact]
    public void TheOnlyItemOfALaneIsJudgedByOtherLanesOfItsSite()
    {
        var lanes = new DeliverySimulation((_, _, texts) => texts.Any(IsBad) ? Answered : Passed);
        lanes.SiteOf = connection => connection == _connection ? "us5" : "us1";
        lanes.Accept(_connection, "bad");
        // Where nobody else sends, or only to another site, nobody knows.
        Assert.Null(
            lanes.RunUntil(() => lanes.Dead.Count > 0, TimeSpan.FromHours(2), () => lanes.Accept(_other, "good"), 5)
        );
        lanes.SiteOf = _ => "us5";
        var over = lanes.RunUntil(
            () => lanes.Dead.Count > 0,
            TimeSpan.FromHours(2),
            () => lanes.Accept(_other, "good"),
            5
        );
        Assert.InRange(over!.Value, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(12));
        Assert.Equal(("undeliverable", "500: broken", "bad"), LetterOf(lanes));
    }

    [Fact]
    public void NothingIsSentSoonerThanDatadogAsks()
    {
        var at = new List<(TimeSpan At, bool IsBad)>();
        var lanes = new DeliverySimulation(
            (lanes, _, texts) =>
            {
                at.Add((lanes.Now, texts.Any(IsBad)));
                return texts.Any(IsBad) ? new Outcome.Retry(TimeSpan.FromSeconds(30), "503: later") : Passed;
            },
            batchItems: 1
        );
        lanes.Accept(_connection, "bad");
        lanes.Accept(_connection, "good");
        Assert.NotNull(lanes.RunUntil(() => lanes.Taken.Count == 1, TimeSpan.FromMinutes(5)));
        Assert.All(
            at.Zip(at.Skip(1)).Where(pair => pair.First.IsBad),
            pair => Assert.InRange(pair.Second.At - pair.First.At, TimeSpan.FromSeconds(30), TimeSpan.FromHours(1))
        );
        Assert.NotNull(
            lanes.RunUntil(
                () => lanes.Dead.Count == 1,
                TimeSpan.FromHours(1),
                () => lanes.Accept(_connection, "more"),
                5
            )
        );
    }

    [Fact]
    public void AnOutageOfOneOrgGivesNothingUpThoughOthersOfItsSitePass()
    {
        var lanes = new DeliverySimulation(
            (_, connection, _) => connection == _connection ? Answered : Passed,
            batchItems: 1
        );
        lanes.Accept(_connection, "one");
        lanes.Accept(_connection, "two");
        Assert.Null(
            lanes.RunUntil(() => lanes.Dead.Count > 0, TimeSpan.FromHours(12), () => lanes.Accept(_other, "good"), 10)
        );
        lanes.Answer = (_, _, _) => Passed;
        Assert.NotNull(lanes.RunUntil(() => lanes.TakenOf(_connection).Count() == 2, TimeSpan.FromMinutes(3)));
    }

    [Fact]
    public void ALimitOrAHostThatIsNotThereIsNoFailureOfAnItem()
    {
        foreach (
            var place in new[]
            {
                new Outcome.Retry(null, "429", OfPlace: true),
                (Outcome)new Outcome.Parked(ParkCause.KeyRefused, "403"),
            }
        )
        {
            var lanes = new DeliverySimulation((_, _, texts) => texts.Any(IsBad) ? place : Passed, batchItems: 1);
            lanes.Accept(_connection, "bad");
            Assert.Null(
                lanes.RunUntil(
                    () => lanes.Dead.Count > 0,
                    TimeSpan.FromHours(3),
                    () => lanes.Accept(_other, "good"),
                    10
                )
            );
        }
    }

    private static bool IsBad(string text) => text.StartsWith("bad", StringComparison.Ordinal);

    private static (string Reason, string Detail, string Item) LetterOf(DeliverySimulation lanes)
    {
        var (letter, _) = Assert.Single(lanes.Dead);
        return (letter.Reason.Text(), letter.Detail, Encoding.UTF8.GetString(letter.Item));
    }
}
