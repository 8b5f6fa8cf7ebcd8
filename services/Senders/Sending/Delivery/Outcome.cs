using System.Net;

namespace Partner.Sending;

/// <summary>The outcome of one request to Datadog. Produced in one place, switched in one place.</summary>
public abstract record Outcome
{
    private Outcome() { }

    /// <summary>Datadog has queued it.</summary>
    public sealed record Delivered : Outcome;

    /// <summary>Nothing is wrong with the data; later.</summary>
    /// <param name="After">The wait that Datadog asked for; null: the schedule's.</param>
    /// <param name="Unknown">No answer: Datadog may have taken it.</param>
    /// <param name="OfPlace">
    /// Any request sent there comes to the same: the outcome says nothing of the request's contents.
    /// </param>
    /// <param name="Schedule">Of this answer, where the type has its own; null: <see cref="RetrySchedule.Intake"/>.</param>
    public sealed record Retry(
        TimeSpan? After,
        string Reason,
        bool Unknown = false,
        bool OfPlace = false,
        RetrySchedule? Schedule = null
    ) : Outcome;

    /// <summary>Too large: in halves.</summary>
    public sealed record Split(string Detail, HttpStatusCode? Status = null) : Outcome;

    /// <summary>Something in it is bad, and stays so.</summary>
    public sealed record Rejected(string Detail, HttpStatusCode? Status = null) : Outcome;

    /// <summary>Something in it cannot be sent at all; no request was made, so this says nothing of the intake.</summary>
    public sealed record Malformed(string Detail) : Outcome;

    /// <summary>Nothing of this connection can be sent until a person acts; its data is kept.</summary>
    public sealed record Parked(ParkCause Cause, string Reason) : Outcome;
}

/// <summary>Why a lane is parked.</summary>
public enum ParkCause
{
    /// <summary>Datadog answered 401 or 403, or says that the key is not valid.</summary>
    KeyRefused,

    /// <summary>Auth says <c>reauthorize</c> or <c>disconnected</c>.</summary>
    GrantEnded,

    /// <summary>The site router knows no site of the connection.</summary>
    NoSite,

    /// <summary>The site has no intake for this type.</summary>
    UnsupportedSite,

    /// <summary>The vault has no API key of the connection.</summary>
    NoKey,

    /// <summary>The vault's key is of another site.</summary>
    KeyOfAnotherSite,
}

/// <summary>An answer of Datadog's, as much of it as decides.</summary>
/// <param name="Text">
/// Beginning of the body, of any content type: the content type is not to be trusted (datadog-facts 3.1).
/// </param>
public sealed record IntakeAnswer(HttpStatusCode Status, TimeSpan? RetryAfter, string Text);
