using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Npgsql;
using Partner.Sending.Accept;
using Partner.Sending.Deduplication;
using Partner.Sending.Lanes;
using Partner.Sending.Series;

namespace Partner.Sending.Outbox;

/// <summary>
/// Many concurrent requests share one database commit: the requests that came while the last commit ran make up the
/// next one. One loop, so that segments reach their lanes in the order of their ids.
/// </summary>
internal sealed partial class GroupCommitter(
    AppendStore store,
    IdempotencyStore keys,
    DeduplicationStore deduplication,
    DeduplicationMemory remembered,
    SeriesStore series,
    SeriesQuota seriesQuota,
    BacklogQuota quota,
    NpgsqlDataSource database,
    Instance instance,
    DatabaseSafety safety,
    LaneScheduler lanes,
    SendingMetrics metrics,
    Sender sender,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    ILogger<GroupCommitter> logger
)
{
    private const int MaxSubmissions = 5_000;

    // Bounded by bytes (MaxQueuedBytes), not by count.
    private readonly Channel<Submission> _queue = Channel.CreateUnbounded<Submission>(new() { SingleReader = true });
    private readonly MemoryBudget _queued = new(options.Value.MaxQueuedBytes);
    private readonly SegmentIds _ids = new(store);

    // A batch is made of whole segments.
    private int MaxItems => Math.Min(Segment.MaxItems, sender.Limits.MaxBatchItems);

    public long QueuedBytes => _queued.Used;

    /// <summary>The bytes of the submission must stay as they are until this has answered.</summary>
    public async Task<AppendResult> AppendAsync(Submission submission)
    {
        if (submission.Bytes > options.Value.MaxQueuedBytes)
        {
            metrics.Refused("too_large");
            return AppendResult.TooLarge;
        }

        if (!instance.IsOpen || !_queued.TryTake(submission.Bytes))
        {
            metrics.Refused(instance.IsOpen ? "full" : "closed");
            return AppendResult.Unavailable;
        }

        try
        {
            return submission.QuotaBytes == 0
                ? await EnqueueAsync(submission)
                : await EnqueueWithinQuotaAsync(submission);
        }
        finally
        {
            _queued.Give(submission.Bytes);
        }
    }

    /// <summary>So that a connection without room left is told before its body is read.</summary>
    /// <param name="isPublic">Of <see cref="IntakePath.IsPublic"/>.</param>
    public AppendResult? Refuse(ConnectionId connection, bool isPublic) => ToResult(quota.Look(connection, isPublic));

    /// <summary>No more submissions; <see cref="RunAsync"/> ends when those in the queue are done.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            await CommitOnceAsync(cancellationToken);
        }
    }

    /// <summary>One commit of what is there.</summary>
    internal async Task CommitOnceAsync(CancellationToken cancellationToken)
    {
        var group = new CommitGroup(remembered, metrics);
        while (
            group.Bytes < options.Value.MaxCommitBytes
            && group.Submissions.Count < MaxSubmissions
            && _queue.Reader.TryRead(out var submission)
        )
        {
            group.Add(submission);
        }

        try
        {
            var submissions = group.Submissions;
            while (!await TryCommitAsync(submissions, cancellationToken))
            {
                // Rare: requests under way are known to this instance, so it was another one.
                submissions = await SetAsideAsync(submissions, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            Log.Failed(
                logger,
                exception.GetType().Name,
                (exception as PostgresException)?.SqlState,
                group.Submissions.Count(s => s.Result is null)
            );
        }
        finally
        {
            group.Complete();
        }
    }

    private Task<AppendResult> EnqueueAsync(Submission submission) =>
        _queue.Writer.TryWrite(submission) ? submission.Done : Task.FromResult(AppendResult.Unavailable);

    private async Task<AppendResult> EnqueueWithinQuotaAsync(Submission submission)
    {
        if (ToResult(quota.TryTake(submission.Connection, submission.QuotaBytes)) is { } full)
        {
            return full;
        }

        try
        {
            return await EnqueueAsync(submission);
        }
        finally
        {
            quota.Give(submission.Connection, submission.QuotaBytes);
        }
    }

    private AppendResult? ToResult(Room room)
    {
        if (room == Room.Enough)
        {
            return null;
        }

        metrics.Refused(room == Room.ConnectionFull ? "connection_quota" : "quota");
        return room == Room.ConnectionFull ? AppendResult.ConnectionFull : AppendResult.OutboxFull;
    }

    /// <returns>
    /// False: nothing was stored, for an Idempotency-Key among them is taken, one of them is a repetition, or a series has
    /// a later point.
    /// </returns>
    private async Task<bool> TryCommitAsync(List<Submission> submissions, CancellationToken cancellationToken)
    {
        try
        {
            if (submissions.Count > 0)
            {
                await CommitAsync(submissions, cancellationToken);
                submissions.ForEach(s => s.Complete(AppendResult.Committed));
            }

            return true;
        }
        catch (PostgresException exception)
            when (IdempotencyStore.IsTaken(exception)
                || DeduplicationStore.IsTaken(exception)
                || SeriesStore.IsOvertaken(exception)
            )
        {
            submissions.ForEach(s => s.Wait?.ExpectNothing());
            return false;
        }
    }

    /// <returns>
    /// Those with nothing in their way: fewer than before, or of the repetitions one is old enough by now to be stored, so
    /// that this ends.
    /// </returns>
    private async Task<List<Submission>> SetAsideAsync(
        List<Submission> submissions,
        CancellationToken cancellationToken
    )
    {
        var taken = await keys.FindTakenAsync(
            [.. submissions.Select(s => s.Kept).OfType<KeptAnswer>()],
            cancellationToken
        );
        var overtaken = await series.FindOvertakenAsync(ChangesOf(submissions), cancellationToken);
        var repeated = await deduplication.FindTakenAsync(IdsOf(submissions), cancellationToken);
        // It was in the way a moment ago, and is not any more.
        var isGone = taken.Count + overtaken.Count + repeated.Count == 0;
        foreach (var submission in submissions)
        {
            if (submission.Kept is { } answer && (isGone || taken.Contains(answer.Request.Id)))
            {
                submission.Complete(AppendResult.KeyTaken);
            }
            else if (submission.Series is not null && (isGone || overtaken.Overlaps(submission.SeriesKeys)))
            {
                submission.Complete(AppendResult.Overtaken);
            }
            else if (submission.Deduplication is { } id && repeated.Contains(id))
            {
                submission.Complete(AppendResult.Repeated);
            }
        }

        return submissions.FindAll(s => s.Result is null);
    }

    private static List<DeduplicationId> IdsOf(List<Submission> submissions) =>
        [.. submissions.Select(s => s.Deduplication).OfType<DeduplicationId>()];

    private static List<(ConnectionId Connection, SeriesPoints Points)> ChangesOf(List<Submission> submissions) =>
        [.. submissions.Where(s => s.Series is not null).Select(s => (s.Connection, s.Series!))];

    private async Task CommitAsync(List<Submission> submissions, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var epoch = instance.Epoch;
        // Each part of a submission makes at most one segment per limit it fills, and one more.
        await _ids.ReserveAsync(
            submissions.Sum(s =>
                s.Body.Parts.Sum(part => (part.Items.Count / MaxItems) + 2) + (int)(2 * s.Bytes / Segment.MaxBytes)
            ),
            cancellationToken
        );
        var segments = SegmentBuilder.Build(
            [.. submissions.SelectMany(s => s.Inputs)],
            epoch,
            time.GetUtcNow(),
            _ids.Next,
            MaxItems
        );
        var dead = submissions.SelectMany(s => s.Dead).ToList();
        var kept = submissions.Select(s => s.Kept).OfType<KeptAnswer>().ToList();
        var points = ChangesOf(submissions);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            await store.AppendAsync(
                connection,
                epoch,
                new AppendRows(segments, dead)
                {
                    Kept = kept,
                    Deduplication = IdsOf(submissions),
                    Series = points,
                },
                options.Value.CommitTimeout,
                safety.IsRequired,
                cancellationToken
            );
        }
        catch (Exception exception) when (!IsRefusal(exception))
        {
            // The connection broke, or the answer did not come: the rows may be there, now or in a moment. The instance
            // that finds them sends them as backlog; the callers are told 503, so this is at-least-once and never a
            // loss.
            metrics.CommitUnknown();
            instance.SweepSoon();
            throw;
        }

        quota.Committed(segments, kept);
        points.ForEach(change => seriesQuota.Committed(change.Connection, change.Points.Added));
        lanes.AddFresh(segments.Select(s => s.Segment));
        metrics.Committed(submissions.Count, segments, dead, time.GetElapsedTime(started));
    }

    // The server said no: the transaction is undone. Class 57 is a server on its way down, which may have committed.
    private static bool IsRefusal(Exception exception) =>
        exception is PostgresException { SqlState: var state } && !state.StartsWith("57", StringComparison.Ordinal);

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "A commit failed ({Exception} {SqlState}); {Requests} requests are answered 503"
        )]
        public static partial void Failed(ILogger logger, string exception, string? sqlState, int requests);
    }
}
