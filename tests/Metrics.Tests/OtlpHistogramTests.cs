using System.Globalization;
using static Partner.Metrics.Tests.OtlpSamples;

namespace Partner.Metrics.Tests;

/// <summary>How far a distribution is from the observations that its histogram was made of.</summary>
public class OtlpHistogramTests
{
    private static readonly double[] Bounds =
    [
        0,
        5,
        10,
        25,
        50,
        75,
        100,
        250,
        500,
        750,
        1_000,
        2_500,
        5_000,
        7_500,
        10_000,
    ];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(3, 1_000)]
    [InlineData(4, 50_000)]
    public void ADistributionHasTheHistogramsCountSumMinimumAndMaximumAndNoValueOutsideItsBucket(int seed, int count)
    {
        var observed = Observed(seed, count);
        var counts = new int[Bounds.Length + 1];
        foreach (var value in observed)
        {
            counts[BucketOf(value)]++;
        }

        var values = ValuesOf(
            Parse(
                Request(
                    Histogram(
                        "histogram",
                        1,
                        Point(
                            $"\"count\":{count},\"sum\":{Text(observed.Sum())},\"min\":{Text(observed[0])},\"max\":{Text(observed[^1])},\"bucketCounts\":[{string.Join(',', counts)}],\"explicitBounds\":[{string.Join(',', Bounds)}]"
                        )
                    )
                )
            )
        );
        Array.Sort(values);
        Assert.Equal(count, values.Length);
        AssertNear(observed.Sum(), values.Sum());
        AssertNear(observed[0], values[0]);
        AssertNear(observed[^1], values[^1]);
        // The value of each rank is in the bucket of the observation of that rank.
        for (var i = 0; i < count; i++)
        {
            var bucket = BucketOf(observed[i]);
            var low = bucket == 0 ? double.NegativeInfinity : Bounds[bucket - 1];
            var high = bucket == Bounds.Length ? double.PositiveInfinity : Bounds[bucket];
            Assert.InRange(values[i], low - 1e-6, high + 1e-6);
        }
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(6, 20)]
    public void AnExponentialHistogramsValuesAreOffByNoMoreThanItsBase(int seed, int scale)
    {
        var observed = Observed(seed, 2_000).Select(value => value - 50).Where(value => Math.Abs(value) > 1).ToArray();
        var factor = Math.Pow(2, Math.Pow(2, -scale));
        string Buckets(IEnumerable<double> some)
        {
            var indexes = some.Select(value => (int)Math.Ceiling(Math.Log2(value) * Math.Pow(2, scale)) - 1).ToList();
            var (least, most) = (indexes.Min(), indexes.Max());
            // Few, or the counts would be millions of zeros.
            Assert.InRange(most - least, 0, 20_000_000);
            var counts = new int[most - least + 1];
            indexes.ForEach(index => counts[index - least]++);
            return $$"""{"offset":{{least}},"bucketCounts":[{{string.Join(',', counts)}}]}""";
        }

        // At scale 20 a bucket is a millionth wide: a few values close to each other have to do.
        var some =
            scale == 20
                ? Enumerable.Range(0, 100).Select(i => -100.0 - (i * 0.00001)).Concat([7, 7.00001]).Order().ToArray()
                : observed;
        var values = ValuesOf(
            Parse(
                Request(
                    Histogram(
                        "exponentialHistogram",
                        1,
                        Point(
                            $"\"count\":{some.Length + 3},\"zeroCount\":3,\"scale\":{scale},\"positive\":{Buckets(some.Where(v => v > 0))},\"negative\":{Buckets(some.Where(v => v < 0).Select(v => -v))}"
                        )
                    )
                )
            )
        );
        var expected = some.Concat([0, 0, 0]).Order().ToArray();
        Array.Sort(values);
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            Assert.InRange(
                values[i],
                expected[i] - (Math.Abs(expected[i]) * (factor - 1)) - 1e-6,
                expected[i] + (Math.Abs(expected[i]) * (factor - 1)) + 1e-6
            );
        }
    }

    [Theory]
    // An open bucket without a maximum: its bound, or what the sum says.
    [InlineData("\"bucketCounts\":[0,2],\"explicitBounds\":[10]", "[10,10]")]
    [InlineData("\"bucketCounts\":[0,2],\"explicitBounds\":[10],\"sum\":50", "[25,25]")]
    [InlineData("\"bucketCounts\":[2,0],\"explicitBounds\":[0]", "[0,0]")]
    [InlineData("\"bucketCounts\":[2,0],\"explicitBounds\":[0],\"sum\":-8", "[-4,-4]")]
    // The sum is not one that these buckets can have: as near as they can.
    [InlineData("\"bucketCounts\":[0,2,0],\"explicitBounds\":[1,2],\"sum\":100", "[2,2]")]
    // No buckets at all.
    [InlineData("\"count\":2,\"sum\":6", "[3,3]")]
    [InlineData("\"count\":3,\"sum\":9,\"min\":1,\"max\":6", "[1,2,6]")]
    [InlineData("\"count\":1,\"sum\":9,\"min\":9,\"max\":9", "[9]")]
    public void WhatBucketsDoNotSayTheSumSaysOrTheBound(string fields, string values) =>
        Assert.Equal(
            values,
            $"[{string.Join(',', ValuesOf(Parse(Request(Histogram("histogram", 1, Point(fields))))))}]"
        );

    private static void AssertNear(double expected, double actual) =>
        Assert.InRange(actual, expected - (1e-6 * Math.Abs(expected)), expected + (1e-6 * Math.Abs(expected)));

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    // In order, most of them small, some large, none negative.
    private static double[] Observed(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Math.Exp(random.NextDouble() * 10)).Order()];
    }

    // (a, b]: the upper bound is of the bucket.
    private static int BucketOf(double value) => Bounds.TakeWhile(bound => value > bound).Count();
}
