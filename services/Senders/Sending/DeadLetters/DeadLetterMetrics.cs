using System.Diagnostics.Metrics;

namespace Partner.Sending.DeadLetters;

/// <summary>Counts what becomes of dead letters; beside <see cref="SendingMetrics"/>, in the same meter.</summary>
internal sealed class DeadLetterMetrics
{
    private readonly KeyValuePair<string, object?> _sender;
    private readonly Counter<long> _replayed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _removed;

    public DeadLetterMetrics(IMeterFactory meters, Sender sender)
    {
        var meter = meters.Create(SendingMetrics.Name);
        _sender = new("partner.sender", sender.Name);
        _replayed = meter.CreateCounter<long>("partner.sending.dead_letters.replayed", "{item}");
        _refused = meter.CreateCounter<long>(
            "partner.sending.dead_letters.replay_refused",
            "{item}",
            "Not sent again: older or newer than Datadog takes."
        );
        _removed = meter.CreateCounter<long>("partner.sending.dead_letters.removed", "{item}");
    }

    public void Replayed(int letters, int refused)
    {
        _replayed.Add(letters, _sender);
        _refused.Add(refused, _sender);
    }

    public void Removed(long letters, string reason) => _removed.Add(letters, _sender, new("reason", reason));
}
