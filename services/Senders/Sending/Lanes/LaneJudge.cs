namespace Partner.Sending.Lanes;

/// <summary>
/// Learns from each delivery what it says of the lane, the site and the items, and chooses what is to be tried apart.
/// Only touched under the scheduler's lock; the consequences are said in <see cref="IsolationPolicy"/>.
/// </summary>
internal sealed class LaneJudge(Sender sender, LanePolicy policy, TimeProvider time, Func<double> jitter)
{
    private readonly SiteEvidence _sites = new();
    private readonly HashSet<Lane> _trying = [];
    private int _underWay;

    /// <summary>How the lane's next batch is to be tried.</summary>
    public Batch Prepare(Batch batch, bool isControl, long now)
    {
        var lane = batch.Lane;
        if (isControl)
        {
            return batch with { Attempt = AttemptKind.Control };
        }

        if (!policy.IsLone(lane, batch.Segments))
        {
            return batch;
        }

        var (ids, path) = (batch.Segments.Select(s => s.Id).ToHashSet(), PathOf(batch.Variant));
        if (lane.Isolation.Lone is not { } lone || !lone.Ids.SetEquals(ids))
        {
            lane.Isolation.Lone = lone = new Suspect(ids, path, now);
        }

        return batch with
        {
            Attempt = AttemptKind.Lone,
            Trial = Begin(lane, lone),
        };
    }

    /// <summary>A batch of the lane's is over, and the rest of it is in line again, or in the database.</summary>
    /// <returns>The suspect that is set apart now.</returns>
    public Suspect? Judge(Batch batch, BatchResult result, long now)
    {
        var (lane, isolation, path) = (batch.Lane, batch.Lane.Isolation, PathOf(batch.Variant));
        Note(lane, result, path, now);
        if (batch.Attempt == AttemptKind.Lone)
        {
            return JudgeLone(batch, result, path, now);
        }

        if (result.Outcome is Outcome.Retry retry && IsolationPolicy.MayBeOfItem(retry))
        {
            var failed = result.Failed.Count > 0 ? result.Failed : [.. batch.Segments.Select(s => s.Id)];
            isolation.Failed(failed, isOther: result.HasPassed);
            if (batch.Attempt == AttemptKind.Plain)
            {
                isolation.StandsBefore(failed, AsksForControl(lane, failed), batch.Variant, now);
                isolation.ControlWaits = retry.After is not null;
            }

            if (isolation.WantsControl && !lane.HasControl && !lane.More)
            {
                isolation.SoughtInVain();
            }

            return null;
        }

        if (!result.HasPassed)
        {
            isolation.NoControl();
            return null;
        }

        if (isolation.Passed([.. batch.Segments.Select(s => s.Id)]))
        {
            _sites.Mended(lane.Site, path, now);
        }

        return batch.Attempt == AttemptKind.Control ? Track(lane, isolation.SetApart(PathOf(isolation.Variant))) : null;
    }

    /// <summary>The next that is set apart and may be tried; it is the caller's until its end is said.</summary>
    public (Lane Lane, Suspect Suspect)? NextTrial(long now)
    {
        _trying.RemoveWhere(lane => lane.IsGone || lane.Isolation.Apart == 0);
        if (_underWay >= IsolationPolicy.TrialsOfAll)
        {
            return null;
        }

        foreach (var lane in _trying)
        {
            if (
                lane.Isolation.NextDue <= now
                && lane.Isolation.UnderWay < IsolationPolicy.TrialsOfLane
                && LanePolicy.CanTry(lane, now)
            )
            {
                var next = lane.Isolation.TakeDue();
                if (lane.IsReady(next))
                {
                    return (lane, next);
                }

                PutOff(lane, next, wasUnderWay: false, now);
            }
        }

        return null;
    }

    /// <summary>
    /// When the next trial is due; null: none is. A trial that is due already waits for another to end.
    /// </summary>
    public long? NextDue(long now) => _trying.Select(lane => lane.Isolation.NextDue).Where(due => due > now).Min();

    public Trial BeginTrial(Lane lane, Suspect suspect)
    {
        _underWay++;
        return Begin(lane, suspect);
    }

    /// <param name="remaining">Segments of which something is still to be sent.</param>
    public void EndTrial(
        Lane lane,
        Suspect suspect,
        Trial trial,
        BatchResult result,
        IReadOnlyList<long> remaining,
        long now
    )
    {
        Note(lane, result, suspect.Path, now);
        _underWay--;
        suspect.End(trial, remaining, result.FailedAlone, now);
        var asked = (result.Outcome as Outcome.Retry)?.After ?? TimeSpan.Zero;
        if (suspect.Ids.Count == 0)
        {
            lane.Isolation.Remove(suspect);
            return;
        }

        lane.Isolation.Await(
            suspect,
            result is { IsBrokenOff: true, HasPassed: true }
                ? now
                : now + Math.Max(DelayOf(suspect.Trials), (long)(asked.TotalSeconds * time.TimestampFrequency))
        );
    }

    /// <summary>It could not be read, is not written yet, or has no permit: soon again.</summary>
    public void PutOff(Lane lane, Suspect suspect, bool wasUnderWay, long now)
    {
        _underWay -= wasUnderWay ? 1 : 0;
        lane.Isolation.Await(suspect, now + (time.TimestampFrequency / 4));
    }

    private void Note(Lane lane, BatchResult result, string path, long now)
    {
        if (result.HasPassed)
        {
            _sites.Passed(lane.Site, path, now);
            lane.Isolation.PassedOn(path, now);
        }

        if (result.IsMended)
        {
            _sites.Mended(lane.Site, path, now);
        }
    }

    private Suspect? JudgeLone(Batch batch, BatchResult result, string path, long now)
    {
        var (lane, isolation) = (batch.Lane, batch.Lane.Isolation);
        var remaining = result
            .Untouched.Select(s => s.Id)
            .Concat(result.Settlements.Select(s => s.Remaining?.Id).OfType<long>())
            .ToList();
        if (!IsolationPolicy.MayBeOfItem(result.Outcome))
        {
            if (result.HasPassed && isolation.Passed([.. batch.Segments.Select(s => s.Id)]))
            {
                _sites.Mended(lane.Site, path, now);
            }

            return null;
        }

        if (result.HasPassed && remaining.Count > 0)
        {
            var suspect = new Suspect(remaining, path, now);
            isolation.Add(suspect);
            return Track(lane, suspect);
        }

        isolation.Failed(result.Failed, isOther: false);
        isolation.StandsBefore(result.Failed, wantsControl: false, batch.Variant, now);
        isolation.Lone?.End(batch.Trial, remaining, result.FailedAlone, now);
        return null;
    }

    private bool AsksForControl(Lane lane, IReadOnlyList<long> failed) =>
        IsolationPolicy.AsksForControl(failed.Max(lane.Isolation.FailuresOf), sender.KeepsOrder, lane.Isolation.Apart);

    private Trial Begin(Lane lane, Suspect suspect) =>
        suspect.Begin(
            IsolationPolicy.Weigh(
                suspect.TriedAt,
                lane.Isolation.PassedAt(suspect.Path),
                _sites.PassedAt(lane.Site, suspect.Path)
            ),
            IsolationPolicy.IsVoid(suspect.TriedAt, _sites.MendedAt(lane.Site, suspect.Path))
        );

    private Suspect? Track(Lane lane, Suspect suspect)
    {
        _trying.Add(lane);
        return suspect.Ids.Count == 0 ? null : suspect;
    }

    private long DelayOf(int trials) =>
        (long)(RetrySchedule.Apart.Delay(trials, jitter()).TotalSeconds * time.TimestampFrequency);

    // Variants that differ in the query alone go to the same place.
    private string PathOf(string variant) => sender.TargetOf(variant).PathAndQuery.Split('?')[0];
}
