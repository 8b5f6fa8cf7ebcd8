using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.CredentialVault;

/// <summary>The refusals that callers tell apart, by <c>type</c>.</summary>
internal static class VaultProblems
{
    public static ProblemHttpResult NoOwner => NotFound("no-owner", "There is no such owner.");

    public static ProblemHttpResult NoSecret => NotFound("no-secret", "The owner has no such secret.");

    public static ProblemHttpResult NoApiKey => NotFound("no-api-key", "The connection has no API key.");

    public static ProblemHttpResult NoConnection => NotFound("no-connection", "The tenant has no such connection.");

    public static ProblemHttpResult OtherConnection =>
        Problem(StatusCodes.Status403Forbidden, "other-connection", "The token is for another connection.");

    public static ProblemHttpResult StaleVersion => Conflict("stale-version", "A newer version is stored.");

    public static ProblemHttpResult VersionTaken =>
        Conflict("version-taken", "Another value is stored under this version.");

    public static ProblemHttpResult OrgInUse => Conflict("org-in-use", "Another tenant's connection uses this org.");

    public static ProblemHttpResult Invalid(string why) => Problem(StatusCodes.Status400BadRequest, "invalid", why);

    private static ProblemHttpResult NotFound(string type, string title) =>
        Problem(StatusCodes.Status404NotFound, type, title);

    private static ProblemHttpResult Conflict(string type, string title) =>
        Problem(StatusCodes.Status409Conflict, type, title);

    private static ProblemHttpResult Problem(int status, string type, string title) =>
        TypedResults.Problem(statusCode: status, type: type, title: title);
}
