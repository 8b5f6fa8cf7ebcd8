using Partner.Auth.Connections;
using Partner.Auth.Datadog;

namespace Partner.Auth.Tokens;

/// <summary>The consequence of an answer to a refresh (datadog-facts 2.6; security 42).</summary>
internal abstract record RefreshDecision
{
    public sealed record Store(TokenAnswer.Granted Grant) : RefreshDecision;

    /// <param name="Undecided">Datadog may have acted: until that is known, invalid_grant proves nothing.</param>
    /// <param name="OurFault">A person has to change our configuration.</param>
    public sealed record Retry(TimeSpan After, bool Undecided, bool OurFault = false) : RefreshDecision;

    public sealed record GiveUp(string Reason) : RefreshDecision;

    /// <param name="undecidedFor">See <see cref="Lease.UndecidedFor"/>.</param>
    /// <param name="jitter">From 0 to 1.</param>
    public static RefreshDecision Decide(TokenAnswer answer, TimeSpan? undecidedFor, int failures, double jitter) =>
        answer switch
        {
            TokenAnswer.Granted granted => new Store(granted),

            // With rotating tokens an earlier attempt may hold the only live one, and it may still come.
            TokenAnswer.InvalidGrant when undecidedFor > TimeSpan.Zero => new Retry(
                undecidedFor.Value + TimeSpan.FromSeconds(1),
                Undecided: false
            ),
            TokenAnswer.InvalidGrant => new GiveUp(
                undecidedFor is null ? ConnectionReasons.GrantRevoked : ConnectionReasons.AnswerLost
            ),

            TokenAnswer.ClientRefused or TokenAnswer.Refused => new Retry(
                RefreshSchedule.AfterFailure(failures, jitter),
                Undecided: false,
                OurFault: true
            ),
            TokenAnswer.TryLater later => new Retry(
                Longer(later.After, RefreshSchedule.AfterFailure(failures, jitter)),
                later.Undecided
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(answer)),
        };

    private static TimeSpan Longer(TimeSpan? asked, TimeSpan own) => asked > own ? asked.Value : own;
}
