using System.Globalization;

namespace Partner.Sandbox.Intake;

/// <summary>How the two generations of the logs intake word the same things (datadog-facts 3.1, 3.3).</summary>
internal sealed record LogsDialect(int Accepted, bool IsLegacy)
{
    public static readonly LogsDialect V2 = new(202, false);
    public static readonly LogsDialect Legacy = new(200, true);

    public Answer NoKey() =>
        IsLegacy
            ? Refuse(403, "Forbidden", "API key is missing", Fact.LogsNoKeyLegacy)
            : Refuse(401, "Unauthorized", "API key is missing", Fact.LogsNoKey);

    public Answer Refuse(int status, string title, string detail, string fact) =>
        IsLegacy
            ? Answer.Of(status, new { code = status, message = detail }, fact)
            : Answer.Of(
                status,
                new
                {
                    errors = new[]
                    {
                        new
                        {
                            status = status.ToString(CultureInfo.InvariantCulture),
                            title,
                            detail,
                        },
                    },
                },
                fact
            );
}
