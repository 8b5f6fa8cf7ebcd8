using Partner.Sending.Outbox;

namespace Partner.Sending.Lanes;

/// <summary>
/// What follows from a lane's state and the limits. It decides one question at a time and keeps nothing.
/// </summary>
internal sealed class LanePolicy(Sender sender, DeliveryOptions options, TimeProvider time)
{
    /// <param name="memory">Bytes that all lanes hold.</param>
    /// <returns>Whether data that was just committed may stay in memory.</returns>
    public bool HasRoomFor(int bytes, Lane lane, long memory) =>
        // Reading on from the database must always find room, so live data leaves a quarter.
        !lane.Health.IsSuspect
        && lane.FreshBytes + bytes <= options.LaneBytes
        && memory + bytes <= options.MemoryBytes / 4 * 3;

    public bool CanSend(Lane lane, long now)
    {
        if (!IsOpen(lane, now))
        {
            return false;
        }

        return lane.InFlight == 0
            || (lane.InFlight < LimitOf(lane) && time.GetElapsedTime(lane.OldestStart, now) < options.Slow);
    }

    /// <summary>Its back-off is over, or what follows a failure at once is still to be sent.</summary>
    public static bool IsOpen(Lane lane, long now) =>
        lane.Health.IsOpenAt(now) || lane.Isolation is { WantsControl: true, ControlWaits: false };

    /// <summary>One for a suspect, its probe; one for types that keep their order; else what its intake bears.</summary>
    public int LimitOf(Lane lane) => lane.Health.IsSuspect || sender.KeepsOrder ? 1 : lane.Concurrency.Limit;

    public bool NeedsLoad(Lane lane, long now, long memory) =>
        lane.More
        && !lane.Loading
        && !lane.IsGone
        && IsOpen(lane, now)
        && (
            NeedsControl(lane)
            || (
                !lane.Isolation.WantsControl
                && (
                    lane.Health.IsSuspect
                        ? IsEmptyHanded(lane)
                        : lane.BacklogBytes < options.LaneBytes / 2
                            && (memory < options.MemoryBytes || IsEmptyHanded(lane))
                )
            )
        );

    /// <summary>Something that has not failed is to be tried, and there is none in memory.</summary>
    public static bool NeedsControl(Lane lane) => lane.Isolation.WantsControl && !lane.HasControl;

    /// <summary>Beside what the lane sends; where it fails and has nothing else, as its probe.</summary>
    public static bool CanTry(Lane lane, long now) =>
        !lane.IsGone && (!lane.Health.IsSuspect || (lane.Health.IsOpenAt(now) && !lane.HasWork && !lane.Loading));

    /// <summary>The segments that it stands before are all that it has, and have failed again.</summary>
    public bool IsLone(Lane lane, IReadOnlyList<Segment> taken) =>
        lane.Isolation.HasNothingElse
        && !lane.HasQueued
        && IsolationPolicy.AsksForControl(lane.Isolation.FailuresOf(taken[0].Id), sender.KeepsOrder, apart: 0);

    /// <summary>A lane that does not flow, and one that finds no room, get one segment: enough to go on.</summary>
    public long BytesToLoad(Lane lane, long memory) =>
        lane.Health.IsSuspect
            ? 1
            : Math.Max(1, Math.Min(options.LaneBytes - lane.BacklogBytes, options.MemoryBytes - memory));

    /// <summary>A lane that fails again gives its memory to those that flow (F12).</summary>
    public static bool IsToShed(Lane lane) => lane.Health.Failures > 1 || lane.Health.State == LaneState.Parked;

    /// <summary>It has had work for so long without progress, though nothing holds it back (F30).</summary>
    public bool IsWedged(Lane lane, long now, TimeSpan limit) =>
        lane.HasWork
        && lane.Health.IsOpenAt(now)
        && time.GetElapsedTime(Math.Max(lane.LastProgress, lane.Health.NotBefore), now) >= limit;

    public bool IsForgotten(Lane lane) =>
        lane.IsIdle
        && lane.Health.IsOpenAt(time.GetTimestamp())
        && time.GetElapsedTime(lane.LastProgress) >= options.IdleLane;

    private static bool IsEmptyHanded(Lane lane) => !lane.HasQueued && lane.InFlight == 0;
}
