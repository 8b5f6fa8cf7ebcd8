namespace Partner.Bench.Oracle;

/// <summary>What the oracle found, in items.</summary>
/// <param name="Lost">Acked and never arrived.</param>
/// <param name="Invented">Arrived, and never sent, or not to that org.</param>
/// <param name="Changed">Arrived with other bytes.</param>
/// <param name="Duplicates">Arrivals after the first.</param>
/// <param name="Unacked">Sent without getting an ack: they may arrive, and need not.</param>
internal sealed record Verdict(
    long Acked,
    long Delivered,
    long Lost,
    long Invented,
    long Changed,
    long Duplicates,
    long Unacked,
    long UnackedDelivered
)
{
    public bool IsGood => Lost == 0 && Invented == 0 && Changed == 0;
}
