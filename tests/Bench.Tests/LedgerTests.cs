using Partner.Bench.Load;
using Partner.Bench.Oracle;
using Partner.Sandbox.Intake;

namespace Partner.Bench.Tests;

/// <summary>What the oracle would have to see: each is planted, and each is found and nothing else.</summary>
public class LedgerTests
{
    private const int Items = 3;
    private const string Org = "org-a";
    private const string OtherOrg = "org-b";

    private static readonly ulong[] Hashes = [11, 22, 33];
    private static readonly Verdict Clean = new(Items, Items, 0, 0, 0, 0, 0, 0);

    private readonly Ledger _ledger = new(Items, exact: true);
    private readonly Phase _phase = new("test");

    public LedgerTests()
    {
        _ledger.AddConnection(Org, 0);
        _ledger.AddConnection(OtherOrg, 1);
    }

    [Fact]
    public void WhatWasAckedAndArrivedIsGood()
    {
        var first = Send(Answer.Acked);
        Arrive(Org, [first, first + 1, first + 2], Hashes);
        Assert.Equal(Clean, _ledger.Judge());
        Assert.True(_ledger.Judge().IsGood);
        Assert.Equal((0, 3), (_ledger.Backlog, _phase.Delivery.Count));
    }

    [Fact]
    public void ArrivingBeforeTheAckIsGood()
    {
        var first = _ledger.Reserve();
        var request = new Request(0, Hashes, 0, _phase);
        _ledger.Sending(first, request);
        Arrive(Org, [first, first + 1, first + 2], Hashes);
        _ledger.Answered(request, Answer.Acked);
        Assert.Equal((Clean, 0), (_ledger.Judge(), _ledger.Backlog));
    }

    [Fact]
    public void AnAckedItemThatNeverArrivesIsLost()
    {
        var first = Send(Answer.Acked);
        Arrive(Org, [first, first + 2], [11, 33]);
        Assert.Equal(Clean with { Delivered = 2, Lost = 1 }, _ledger.Judge());
        Assert.False(_ledger.Judge().IsGood);
        Assert.Equal(1, _ledger.Backlog);
        Assert.Equal(new Dictionary<int, long> { [0] = 1 }, _ledger.Missing());
    }

    [Fact]
    public void AnItemThatNobodySentIsInvented()
    {
        var first = Send(Answer.Acked);
        Arrive(Org, [first, first + 1, first + 2, first + 3, Marks.None], [.. Hashes, 44, 55]);
        Assert.Equal(Clean with { Invented = 2 }, _ledger.Judge());
        Assert.False(_ledger.Judge().IsGood);
    }

    [Fact]
    public void AnItemInAnotherTenantsOrgIsInventedThereAndLostHere()
    {
        var first = Send(Answer.Acked);
        Arrive(Org, [first, first + 1], [11, 22]);
        Arrive(OtherOrg, [first + 2], [33]);
        Assert.Equal(Clean with { Delivered = 2, Lost = 1, Invented = 1 }, _ledger.Judge());
    }

    [Fact]
    public void OtherBytesAreAChange()
    {
        var first = Send(Answer.Acked);
        Arrive(Org, [first, first + 1, first + 2], [11, 22, 34]);
        Assert.Equal(Clean with { Changed = 1 }, _ledger.Judge());
        Assert.False(_ledger.Judge().IsGood);
    }

    [Fact]
    public void ASecondArrivalIsADuplicateAndNoFailure()
    {
        var first = Send(Answer.Acked);
        Arrive(Org, [first, first + 1, first + 2], Hashes);
        Arrive(Org, [first + 1], [22]);
        Arrive(Org, [first + 1], [22]);
        Assert.Equal(Clean with { Duplicates = 2 }, _ledger.Judge());
        Assert.True(_ledger.Judge().IsGood);
    }

    [Fact]
    public void WhatWasNotAckedMayArriveAndNeedNot()
    {
        var first = Send(Answer.Unknown);
        Send(Answer.Refused);
        Arrive(Org, [first], [11]);
        Assert.Equal(new Verdict(0, 1, 0, 0, 0, 0, 6, 1), _ledger.Judge());
        Assert.True(_ledger.Judge().IsGood);
    }

    private ulong Send(Answer answer)
    {
        var first = _ledger.Reserve();
        var request = new Request(0, Hashes, 0, _phase);
        _ledger.Sending(first, request);
        _ledger.Answered(request, answer);
        return first;
    }

    private void Arrive(string org, ulong[] ids, ulong[] hashes) =>
        _ledger.Arrive(new MarkedBatch(org, 0, ids, hashes));
}
