using System.Text;
using Partner.Contracts;
using Partner.Sending.Accept;

namespace Partner.Sending.Tests;

public sealed class DeadItemsTests
{
    [Fact]
    [Trait("fault", "F22")]
    public void ManyShareLettersAndNothingOfThemIsLost()
    {
        var dead = new DeadItems(","u8.ToArray());
        for (var i = 0; i < 100_000; i++)
        {
            dead.Add(
                i % 2 == 0 ? DeadLetterReason.Expired : DeadLetterReason.Malformed,
                $"number {i}",
                Encoding.UTF8.GetBytes($"[{i}]"),
                i % 2 == 0 ? 1_000 + i : 0,
                i % 2
            );
        }

        var letters = dead.Finish();
        Assert.Equal(100_000, dead.Count);
        Assert.Equal(100_000, letters.Sum(l => l.Items));
        Assert.InRange(letters.Count, 100, 201);
        Assert.All(
            letters,
            l =>
                Assert.Equal(
                    (l.Reason == DeadLetterReason.Malformed ? 1 : 0, true),
                    (l.Status, l.Bytes.Length <= 100_000)
                )
        );
        var items = letters
            .SelectMany(l => Encoding.UTF8.GetString(l.Bytes).Split(','))
            .Select(i => int.Parse(i[1..^1], null));
        Assert.Equal(Enumerable.Range(0, 100_000), items.Order());
        var joined = letters.First(l => l.Items > 1);
        Assert.Equal(
            (DeadLetterReason.Expired, "1000 items; the first: number 100", 1_100L),
            (joined.Reason, joined.Detail, joined.At)
        );
    }

    [Fact]
    public void RowsTheApiAndTheMetersKeepTheirWords() =>
        Assert.Equal(
            "malformed too_long too_large expired future rejected undeliverable disconnected",
            string.Join(' ', Enum.GetValues<DeadLetterReason>().Select(reason => reason.Text()))
        );

    [Fact]
    public void LargeOnesShareNoLetterBeyondItsSizeAndWhatCannotBeJoinedNever()
    {
        var dead = new DeadItems(","u8.ToArray());
        var apart = new DeadItems(null);
        for (var i = 0; i < 110; i++)
        {
            dead.Add(DeadLetterReason.Expired, "d", new byte[60_000], 0);
            apart.Add(DeadLetterReason.Expired, "d", new byte[1], 0);
        }

        Assert.Equal(Enumerable.Repeat(1, 110), dead.Finish().Select(l => l.Items));
        Assert.Equal(Enumerable.Repeat(("d", 1), 110), apart.Finish().Select(l => (l.Detail, l.Items)));
    }

    [Fact]
    [Trait("fault", "F31")]
    public void WhatNeverFitsIsToldSoAndWhatDoesNotNowIsToldToComeAgain()
    {
        var budget = new MemoryBudget(1_000);
        using var first = new MemoryCharge(budget);
        Assert.Null(first.Take(400));
        Assert.Equal(413, first.Take(101)?.Status);
        using (var second = new MemoryCharge(budget))
        {
            Assert.Null(second.Take(500));
            using var third = new MemoryCharge(budget);
            Assert.Equal(503, third.Take(101)?.Status);
            Assert.Equal(900, budget.Used);
        }

        Assert.Equal(400, budget.Used);
        first.Dispose();
        Assert.Equal(0, budget.Used);
    }
}
