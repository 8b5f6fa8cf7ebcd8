using System.Text.Json;

namespace Partner.Metrics.Tests;

/// <summary>Buckets, which are subtracted one by one.</summary>
public sealed partial class CumulativeTests
{
    [Fact]
    public void AHistogramIsADistributionOfWhatWasAdded()
    {
        Assert.Equal([3], ValuesOf(Buckets(60, "[0,1,0]", "\"sum\":3,\"min\":3,\"max\":3")));
        // The maximum is of this time, for it was lower before; the minimum may be of any.
        Assert.Equal([4, 9], ValuesOf(Buckets(120, "[0,2,1]", "\"sum\":16,\"min\":3,\"max\":9")));
        Assert.Empty(Send(Buckets(180, "[0,2,1]", "\"sum\":16,\"min\":3,\"max\":9")));

        static string Buckets(int at, string counts, string fields) =>
            OtlpSamples.Histogram(
                "histogram",
                Cumulative,
                At(0, at, $"\"count\":9,\"bucketCounts\":{counts},\"explicitBounds\":[2,5],{fields}")
            );
    }

    [Fact]
    public void AHistogramWithOtherBucketsBeginsAnew()
    {
        Assert.Equal([2], ValuesOf(Buckets(60, "[0,1]", "[2]")));
        Assert.Empty(Send(Buckets(120, "[0,1,1]", "[2,5]")));
        Assert.Equal([2], ValuesOf(Buckets(180, "[1,1,1]", "[2,5]")));

        static string Buckets(int at, string counts, string bounds) =>
            OtlpSamples.Histogram(
                "histogram",
                Cumulative,
                At(0, at, $"\"count\":9,\"bucketCounts\":{counts},\"explicitBounds\":{bounds}")
            );
    }

    [Fact]
    public void AnExponentialHistogramIsSubtractedAlsoWhenItsScaleBecomesCoarser()
    {
        // Of base 2^(1/2): 1 to 1.41, to 2, to 2.83; then of base 2: 1 to 2 and 2 to 4, the first of which had two.
        Assert.Equal(3, ValuesOf(Exponential(60, 1, 0, "[1,1,1]", "[1]")).Count(value => value > 0));
        var added = ValuesOf(Exponential(120, 0, 0, "[2,3]", "[1]"));
        Assert.Equal(2, added.Length);
        Assert.All(added, value => Assert.InRange(value, 2, 4));
        // A finer one says nothing of what was before.
        Assert.Empty(Send(Exponential(180, 1, 0, "[9,9,9]", "[1]")));
        Assert.Single(ValuesOf(Exponential(240, 1, 0, "[9,10,9]", "[1]")));

        static string Exponential(int at, int scale, int offset, string positive, string negative) =>
            OtlpSamples.Histogram(
                "exponentialHistogram",
                Cumulative,
                At(
                    0,
                    at,
                    $$"""
                    "count":99,"scale":{{scale}},"positive":{"offset":{{offset}},"bucketCounts":{{positive}}},"negative":{"offset":0,"bucketCounts":{{negative}}}
                    """
                )
            );
    }

    [Fact]
    [Trait("fault", "F31")]
    public void OfAHistogramWithTooManyBucketsNoneIsMade()
    {
        var counts = string.Join(',', Enumerable.Repeat("1", 10_001));
        var (items, answer, _) = SendAll(
            OtlpSamples.Histogram(
                "exponentialHistogram",
                Cumulative,
                At(
                    0,
                    60,
                    $$"""
                    "count":1,"positive":{"offset":0,"bucketCounts":[{{counts}}]}
                    """
                )
            )
        );
        Assert.Empty(items);
        Assert.Contains("1 too_large (A histogram has more than 10000 buckets.)", answer);
    }

    private double[] ValuesOf(string metric)
    {
        using var json = JsonDocument.Parse(Assert.Single(SendAll(metric).Items)["distributions ".Length..]);
        return [.. json.RootElement.GetProperty("points")[0][1].EnumerateArray().Select(value => value.GetDouble())];
    }
}
