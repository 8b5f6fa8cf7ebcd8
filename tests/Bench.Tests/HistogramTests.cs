using Partner.Bench.Load;

namespace Partner.Bench.Tests;

public class HistogramTests
{
    [Fact]
    public void PercentilesAreWithinOnePercent()
    {
        var histogram = new Histogram();
        for (var ms = 1; ms <= 10_000; ms++)
        {
            histogram.Add(TimeSpan.FromMilliseconds(ms));
        }

        Assert.InRange(histogram.Percentile(50), 5_000, 5_050);
        Assert.InRange(histogram.Percentile(99), 9_900, 9_999);
        Assert.Equal(10_000, histogram.Count);
    }

    [Fact]
    public void NothingHasNoPercentile() => Assert.Equal(0, new Histogram().Percentile(99));

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(86_400_000)]
    public void AnyDurationIsTaken(double ms)
    {
        var histogram = new Histogram();
        histogram.Add(TimeSpan.FromMilliseconds(ms));
        Assert.InRange(histogram.Percentile(99), ms * 0.99, (ms * 1.01) + 0.01);
    }
}
