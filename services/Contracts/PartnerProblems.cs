using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.Contracts;

/// <summary>
/// Problem details of the partner API: a stable type and a sentence. The gateway's PROBLEMS.md lists every type.
/// </summary>
public static class PartnerProblems
{
    /// <summary>404 <c>not-found</c>.</summary>
    public static ProblemHttpResult NotFound(string what) =>
        TypedResults.Problem(statusCode: 404, type: "not-found", title: $"There is no such {what}.");

    public static ProblemHttpResult Conflict(string type, string title) =>
        TypedResults.Problem(statusCode: 409, type: type, title: title);

    public static ProblemHttpResult Forbidden(string type, string title) =>
        TypedResults.Problem(statusCode: 403, type: type, title: title);

    public static ProblemHttpResult BadRequest(string type, string title) =>
        TypedResults.Problem(statusCode: 400, type: type, title: title);
}
