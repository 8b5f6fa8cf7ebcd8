namespace Partner.Bench.Load;

/// <summary>Picks by Zipf's law: the n-th most frequent of a seeded order has the weight 1/n^s.</summary>
internal sealed class Zipf
{
    private readonly double[] _cumulated;
    private readonly int[] _order;

    public Zipf(int count, double exponent, Random random)
    {
        _cumulated = new double[count];
        for (var rank = 1; rank <= count; rank++)
        {
            _cumulated[rank - 1] = Math.Pow(rank, -exponent) + (rank == 1 ? 0 : _cumulated[rank - 2]);
        }

        _order = [.. Enumerable.Range(0, count)];
        random.Shuffle(_order);
    }

    public int Pick(Random random)
    {
        var found = Array.BinarySearch(_cumulated, random.NextDouble() * _cumulated[^1]);
        return _order[Math.Min(found < 0 ? ~found : found, _order.Length - 1)];
    }
}
