using Partner.Sending.Deduplication;
using Partner.Sending.Series;

namespace Partner.Sending.Outbox;

/// <summary>The requests that share a commit, and those that are no part of it and wait for how it ends.</summary>
internal sealed class CommitGroup(DeduplicationMemory memory, SendingMetrics metrics)
{
    private readonly HashSet<(ConnectionId, SeriesKey)> _series = [];
    private readonly List<Submission> _overlapping = [];
    private readonly Dictionary<DeduplicationId, Submission> _firsts = [];
    private readonly List<(Submission Repetition, Submission First)> _repetitions = [];

    /// <summary>With nothing in their way, as far as this instance knows.</summary>
    public List<Submission> Submissions { get; } = [];

    public long Bytes { get; private set; }

    public void Add(Submission submission)
    {
        if (_series.Overlaps(submission.SeriesKeys))
        {
            _overlapping.Add(submission);
            return;
        }

        if (submission.Deduplication is { } id && IsRepetition(submission, id))
        {
            return;
        }

        _series.UnionWith(submission.SeriesKeys);
        Submissions.Add(submission);
        Bytes += submission.Bytes;
    }

    /// <summary>The commit is over: whoever has no answer yet gets one.</summary>
    public void Complete()
    {
        Submissions.ForEach(s => s.Complete(AppendResult.Unavailable));
        // They are read anew, on what has just been committed.
        _overlapping.ForEach(s => s.Complete(AppendResult.Overtaken));
        foreach (var (repetition, first) in _repetitions)
        {
            repetition.Complete(
                first.Result is AppendResult.Committed or AppendResult.Repeated
                    ? AppendResult.Repeated
                    : AppendResult.Unavailable
            );
        }

        foreach (var (id, first) in _firsts)
        {
            if (first.Result is AppendResult.Committed or AppendResult.Repeated)
            {
                memory.Add(id);
            }
        }
    }

    private bool IsRepetition(Submission submission, DeduplicationId id)
    {
        if (memory.Contains(id))
        {
            submission.Complete(AppendResult.Repeated);
            return true;
        }

        if (_firsts.TryGetValue(id, out var first))
        {
            _repetitions.Add((submission, first));
            return true;
        }

        if (memory.HasRoom(submission.Connection))
        {
            _firsts[id] = submission;
        }
        else
        {
            submission.Deduplication = null;
            metrics.DeduplicationSkipped();
        }

        return false;
    }
}
