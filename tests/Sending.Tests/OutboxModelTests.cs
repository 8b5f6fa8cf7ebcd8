using FsCheck;
using FsCheck.Fluent;

namespace Partner.Sending.Tests;

/// <summary>
/// Random interleavings of what may happen to a segment (README, "Where a segment may be"), on the real store. A failure
/// names its steps, shrunk to the few that it takes.
/// </summary>
public sealed class OutboxModelTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    [Fact]
    [Trait("fault", "F19")]
    [Trait("fault", "F32")]
    public void WhateverComesAfterWhatNothingIsLostOrCountedTwice() => Check(30, 50, 20261130);

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    [Trait("fault", "F19")]
    [Trait("fault", "F32")]
    public void WhateverComesAfterWhatAThousandTimesNothingIsLostOrCountedTwice() =>
        Check(1_000, 100, (ulong)Environment.TickCount64);

    private void Check(int times, int steps, ulong seed) =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<(byte What, byte Which)[]>(),
                sequence => RunAsync(sequence).GetAwaiter().GetResult()
            )
            .Check(
                Config
                    .QuickThrowOnFailure.WithMaxTest(times)
                    .WithStartSize(10)
                    .WithEndSize(steps)
                    .WithReplay(seed, seed | 1)
            );

    private async Task RunAsync((byte What, byte Which)[] sequence)
    {
        await using var model = new OutboxModel(database.Database);
        try
        {
            foreach (var (what, which) in sequence)
            {
                await model.ApplyAsync(what, which);
            }

            await model.FinishAsync();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException(string.Join("; ", model.Steps), exception);
        }
    }
}
