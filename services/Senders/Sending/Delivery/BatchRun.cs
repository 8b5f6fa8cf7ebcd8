using Partner.Sending.Lanes;

namespace Partner.Sending.Delivery;

/// <summary>
/// One go at a batch: what each answer means for what is sent next. A failure ends the lane's next batch and any
/// control; a batch that is tried apart goes on in halves, down to the items that fail alone. No I/O.
/// </summary>
/// <param name="keepsOrder">
/// Items that pass do so in the order accepted; otherwise chance says which half goes first.
/// </param>
internal sealed class BatchRun(
    BatchWork work,
    AttemptKind attempt,
    Trial trial,
    bool keepsOrder,
    Func<double> jitter,
    TimeProvider time
)
{
    /// <summary>Halves that are all bad have no end. Ten thousand items have fourteen halvings.</summary>
    private const int MostInARow = 15;

    private readonly long _began = time.GetTimestamp();
    private readonly List<ItemKey> _failedAlone = [];
    private bool _isApart = attempt == AttemptKind.Apart;
    private bool _isFirst = true;
    private bool _hasFailed;
    private bool _isOver;
    private int _failures;
    private int _inARow;

    /// <summary>Segments of the last request, where it failed.</summary>
    public IReadOnlyList<long> Failed { get; private set; } = [];

    /// <summary>Datadog has taken or judged some of it.</summary>
    public bool HasPassed { get; private set; }

    /// <summary>Something that is known to have failed passed now.</summary>
    public bool IsMended =>
        attempt == AttemptKind.Apart
        && HasPassed
        && (!_hasFailed || work.DeliveredItems().Any(trial.Strikes.ContainsKey));

    public IReadOnlyList<ItemKey> FailedAlone => _failedAlone;

    public bool IsBrokenOff { get; private set; }

    public bool MoveNext()
    {
        if (_isOver || work.IsDone)
        {
            return false;
        }

        if (_isFirst)
        {
            _isFirst = false;
            Begin();
        }

        if (_isApart)
        {
            work.Halve(() => keepsOrder || jitter() < 0.5);
        }

        return true;
    }

    /// <summary>The answer to the request that was next.</summary>
    /// <param name="outcome">Null: it was not sent.</param>
    public void Apply(Outcome? outcome)
    {
        switch (outcome)
        {
            case Outcome.Delivered:
                Pass();
                work.Delivered();
                break;
            case Outcome.Split split:
                work.Refused(DeadLetterReason.TooLarge, split.Detail, split.Status);
                break;
            case Outcome.Malformed malformed:
                work.Refused(DeadLetterReason.Malformed, malformed.Detail);
                break;
            case Outcome.Rejected rejected:
                Pass();
                work.Refused(DeadLetterReason.Rejected, rejected.Detail, rejected.Status);
                break;
            case Outcome.Retry retry:
                Fail(retry);
                break;
            default:
                _isOver = true;
                break;
        }
    }

    // A batch that has just failed as a whole is not sent so once more, which may take the whole of a timeout. But
    // where order counts, a lane's only batch is: if the intake is there again, it goes as it came.
    private void Begin()
    {
        if (_isApart && (trial.Number == 0 || trial.Strikes.Count > 0))
        {
            work.NextIsBad();
        }
        else if (attempt == AttemptKind.Lone && work.NextCount > 1 && !keepsOrder)
        {
            work.NextIsBad();
            work.PutOneFirst(trial.Number);
            _hasFailed = true;
        }
    }

    private void Pass()
    {
        (HasPassed, _inARow) = (true, 0);
        // The one item that is its control has passed: it is not the lane.
        _isApart |= attempt == AttemptKind.Lone && _hasFailed;
    }

    private void Fail(Outcome.Retry retry)
    {
        Failed = work.NextSegments();
        if (retry.Unknown)
        {
            work.AnswerLost();
        }

        if (!IsolationPolicy.MayBeOfItem(retry) || attempt is AttemptKind.Plain or AttemptKind.Control)
        {
            _isOver = true;
        }
        else if (work.NextCount == 1 && (_isApart || !_hasFailed))
        {
            FailAlone(retry);
        }
        else if (_isApart)
        {
            work.NextIsBad();
        }
        else if (!_hasFailed)
        {
            work.NextIsBad();
            work.PutOneFirst(trial.Number);
        }
        else
        {
            _isOver = true;
        }

        _hasFailed = true;
        (_failures, _inARow) = (_failures + 1, _inARow + 1);
        if (
            _isApart
            && (
                _failures >= IsolationPolicy.FailuresOfTrial
                || _inARow >= MostInARow
                || time.GetElapsedTime(_began) >= IsolationPolicy.TimeOfTrial
            )
        )
        {
            _isOver = true;
            IsBrokenOff = !work.IsDone;
        }
    }

    private void FailAlone(Outcome.Retry retry)
    {
        var item = work.NextItem;
        if (IsolationPolicy.IsToGiveUp(trial, item))
        {
            work.Refused(DeadLetterReason.Undeliverable, retry.Reason);
            return;
        }

        _failedAlone.Add(item);
        work.LeaveOne();
        if (!_isApart && !work.IsDone)
        {
            work.PutOneFirst(trial.Number);
        }
    }
}
