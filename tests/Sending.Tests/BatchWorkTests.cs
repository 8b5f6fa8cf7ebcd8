using System.Text;
using Partner.Contracts;
using Partner.Sending.Delivery;
using Partner.Sending.Outbox;

namespace Partner.Sending.Tests;

public sealed class BatchWorkTests
{
    [Fact]
    [Trait("fault", "F17")]
    public void OneBadItemInAThousandIsFoundInTwentyRequests()
    {
        var work = Begin(SegmentOf(1, [.. Enumerable.Range(0, 1_000).Select(i => $"item-{i}")]));
        var requests = 0;
        while (!work.IsDone)
        {
            requests++;
            if (Texts(work).Contains("item-617"))
            {
                work.Refused(DeadLetterReason.Rejected, "400: bad");
            }
            else
            {
                work.Delivered();
            }
        }

        var settlement = Assert.Single(work.Finish().Settlements);
        Assert.InRange(requests, 2, 21);
        Assert.Equal(999, settlement.Delivered);
        Assert.Null(settlement.Remaining);
        Assert.Equal(("rejected", "400: bad", "item-617"), Single(settlement));
    }

    [Fact]
    public void WhatIsDeliveredBeforeAFailureIsNotSentAgain()
    {
        var work = Begin(SegmentOf(1, "a", "b"), SegmentOf(2, "c", "d"));
        work.Refused(DeadLetterReason.TooLarge, "413");
        Assert.Equal(["a", "b"], Texts(work));
        work.Refused(DeadLetterReason.TooLarge, "413");
        work.Delivered();
        var (settlements, untouched) = work.Finish();
        var settlement = Assert.Single(settlements);
        Assert.Equal(1, settlement.Delivered);
        Assert.Equal(["b"], TextsOf(settlement.Remaining!));
        Assert.Equal([2L], untouched.Select(s => s.Id));
    }

    [Fact]
    public void WhatMayHaveArrivedIsRemembered()
    {
        var work = Begin(SegmentOf(1, "a", "b"));
        work.AnswerLost();
        var (settlements, untouched) = work.Finish();
        Assert.Empty(untouched);
        Assert.Equal(2, Assert.Single(settlements).Remaining!.PossibleDuplicates);
    }

    [Fact]
    public void ExpiredItemsAreGivenUpBeforeAnythingIsSent()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(10_000);
        var work = new BatchWork([
            OutboxFormatTests.SegmentOf(OutboxFormatTests.Write([("old", 1), ("new", 9_000), ("none", 0)]), 3),
        ]);
        work.Begin(now - TimeSpan.FromSeconds(5), null, "");
        Assert.Equal(["new", "none"], Texts(work));
        work.Delivered();
        var settlement = Assert.Single(work.Finish().Settlements);
        Assert.Equal(2, settlement.Delivered);
        Assert.Equal(DeadLetterReason.Expired, Assert.Single(settlement.Dead).Reason);
    }

    private static BatchWork Begin(params Segment[] segments)
    {
        var work = new BatchWork(segments);
        work.Begin(null, null, "");
        return work;
    }

    private static Segment SegmentOf(long id, params string[] items) =>
        OutboxFormatTests.SegmentOf(OutboxFormatTests.Write(items.Select(i => (i, 0L))), items.Length, id);

    private static List<string> Texts(BatchWork work) =>
        work.NextItems().ConvertAll(i => Encoding.UTF8.GetString(i.Span));

    private static List<string> TextsOf(Segment segment) =>
        Frames
            .Read(segment.Raw, segment.Items)
            .ConvertAll(i => Encoding.UTF8.GetString(segment.Raw, i.Offset, i.Length));

    private static (string Reason, string Detail, string Item) Single(Settlement settlement)
    {
        var letter = Assert.Single(settlement.Dead);
        return (letter.Reason.Text(), letter.Detail, Encoding.UTF8.GetString(letter.Item));
    }
}
