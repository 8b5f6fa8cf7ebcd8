namespace Partner.Sending.Lanes;

/// <summary>
/// Whether a failure is held against an item, or against the lane or the site. An outage is known by this, that others
/// fail too: nothing is set apart before something else of its lane has passed right after it failed, and nothing is
/// given up unless others passed between all of its failures. It decides one question at a time and keeps nothing.
/// </summary>
internal static class IsolationPolicy
{
    /// <summary>Failures in a row of one batch that the lane waits for it. Where order counts, it counts more.</summary>
    private const int Patience = 2;
    private const int PatienceInOrder = 3;

    /// <summary>
    /// An item is given up when its failures alone weigh so much: five, each after something else of its lane had
    /// passed, or ten that only other lanes of its site speak against.
    /// </summary>
    public const int Enough = 10;
    private const int WeightOfOwn = 2;
    private const int WeightOfOthers = 1;

    /// <summary>Set apart in one lane at once, in batches; a lane with more waits for them as for a site that is away.</summary>
    public const int MostApart = 1_000;

    /// <summary>Tried at once, of one lane and of all.</summary>
    public const int TrialsOfLane = 4;
    public const int TrialsOfAll = 16;

    /// <summary>Failed requests of one trial, and how long it goes on; the next one goes on where it stops.</summary>
    public const int FailuresOfTrial = 30;
    public static readonly TimeSpan TimeOfTrial = TimeSpan.FromMinutes(5);

    /// <summary>The outcome is about the request's contents, or may be.</summary>
    public static bool MayBeOfItem(Outcome? outcome) => outcome is Outcome.Retry { OfPlace: false };

    /// <summary>The outcome that a lane feels of a delivery; null: none.</summary>
    public static Outcome? Felt(AttemptKind attempt, Outcome? outcome, bool hasPassed, bool isSuspect) =>
        attempt switch
        {
            AttemptKind.Lone
            or AttemptKind.Apart when hasPassed && (outcome is Outcome.Delivered || MayBeOfItem(outcome)) =>
                new Outcome.Delivered(),
            // The batch that it was sent after has just failed, and the lane backs off for that.
            AttemptKind.Control when MayBeOfItem(outcome) => null,
            // Where a trial is all that a failing lane has, it is its probe.
            AttemptKind.Apart when MayBeOfItem(outcome) && !isSuspect => null,
            _ => outcome,
        };

    /// <summary>Whether something else of the lane is to be tried now. A lane with known bad items asks at once.</summary>
    /// <param name="failures">Of the batch, in a row.</param>
    /// <param name="apart">How many suspects are set apart in the lane.</param>
    public static bool AsksForControl(int failures, bool keepsOrder, int apart) =>
        apart < MostApart
        && failures
            >= (
                keepsOrder ? PatienceInOrder
                : apart > 0 ? 1
                : Patience
            );

    /// <summary>The weight of a failure alone, now.</summary>
    /// <param name="since">When it was tried last.</param>
    /// <param name="ownPassed">When something else of the lane passed on the same path; null: never.</param>
    /// <param name="sitePassed">The same of all lanes of the site.</param>
    public static int Weigh(long since, long? ownPassed, long? sitePassed) =>
        ownPassed > since ? WeightOfOwn
        : sitePassed > since ? WeightOfOthers
        : 0;

    /// <summary>
    /// Something at the site that had failed alone passed later, so that failures of then say nothing: a site in trouble
    /// fails now here, now there.
    /// </summary>
    public static bool IsVoid(long since, long? mended) => mended >= since;

    public static bool IsToGiveUp(Trial trial, ItemKey item) =>
        trial.Weight > 0 && trial.Strikes.GetValueOrDefault(item) + trial.Weight >= Enough;
}
