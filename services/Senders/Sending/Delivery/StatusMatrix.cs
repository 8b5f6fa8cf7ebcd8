using System.Net;

namespace Partner.Sending;

/// <summary>datadog-facts 3.8.</summary>
public static class StatusMatrix
{
    public static Outcome Classify(IntakeAnswer answer) =>
        (int)answer.Status switch
        {
            >= 200 and < 300 => new Outcome.Delivered(),
            400 or 422 => new Outcome.Rejected(Describe(answer), answer.Status),
            401 or 403 => new Outcome.Parked(ParkCause.KeyRefused, Describe(answer)),
            413 => new Outcome.Split(Describe(answer), answer.Status),
            429 => new Outcome.Retry(answer.RetryAfter, "Datadog's rate limit", OfPlace: true),
            // A gateway of Datadog's gave up waiting: the server behind it may have taken the batch.
            (int)HttpStatusCode.RequestTimeout or 502 or 504 => new Outcome.Retry(
                null,
                Describe(answer),
                Unknown: true
            ),
            503 => new Outcome.Retry(answer.RetryAfter, Describe(answer)),
            // A wrong host or path is ours to mend, and the data must outlive the mending.
            (>= 300 and < 400) or 404 or 405 => new Outcome.Retry(null, Describe(answer), OfPlace: true),
            _ => new Outcome.Retry(null, Describe(answer)),
        };

    private static string Describe(IntakeAnswer answer) =>
        answer.Text.Length == 0 ? $"{(int)answer.Status}" : $"{(int)answer.Status}: {answer.Text}";
}
