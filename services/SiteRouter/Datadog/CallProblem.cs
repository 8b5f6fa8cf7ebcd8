using Partner.DatadogClient;

namespace Partner.SiteRouter.Datadog;

/// <summary>Why a call got no answer of Datadog's.</summary>
/// <param name="Scopes">Those that are missing.</param>
internal sealed record CallProblem(
    int Status,
    string Type,
    string Title,
    TimeSpan? RetryAfter = null,
    RateLimitHeaders? Limit = null,
    IReadOnlyList<string>? Scopes = null,
    string? Allow = null
)
{
    public static readonly CallProblem BadTarget = new(
        400,
        "bad-target",
        "The path is not plain: segments of letters, digits and -._~ alone, and a query without # and \\."
    );

    public static readonly CallProblem CredentialInQuery = new(
        400,
        "bad-target",
        "The query holds a credential; it is not sent."
    );

    public static readonly CallProblem CannotForward = new(400, "bad-request", "This request cannot be passed on.");

    /// <summary>The body could not be read to its end; nothing was done.</summary>
    public static CallProblem BadBody(int status) =>
        new(
            status,
            status switch
            {
                408 => "request-timeout",
                413 => "too-large",
                _ => "bad-request",
            },
            "The body did not come whole."
        );

    public static readonly CallProblem BodyOfARead = new(400, "bad-request", "A GET has no body.");

    public static readonly CallProblem NoPages = new(
        400,
        "no-pages",
        "This endpoint has no pages: leave out all=true."
    );

    public static readonly CallProblem BadSearch = new(
        400,
        "bad-request",
        "all=true needs a body of JSON, one object of at most 262144 bytes, or none."
    );

    public static readonly CallProblem Role = new(403, "role", "This credential's role does not allow that.");

    /// <summary>A second 401, with a fresh token: never a revocation (datadog-facts 2.6).</summary>
    public static readonly CallProblem NotAccepted = new(
        403,
        "not-accepted",
        "Datadog does not accept this grant here: the endpoint is not open to its scopes, or not to OAuth."
    );

    public static readonly CallProblem UnknownEndpoint = new(
        404,
        "unknown-endpoint",
        "This is not one of the endpoints that this deployment allows."
    );

    public static readonly CallProblem NoConnection = new(404, "not-found", "There is no such connection.");

    public static readonly CallProblem NoSite = new(409, "no-site", "The connection has no Datadog site yet.");

    public static readonly CallProblem UnknownSite = new(
        409,
        "unknown-site",
        "The connection's site is not one of this deployment's."
    );

    public static readonly CallProblem NoGrant = new(
        409,
        "reauthorize",
        "There is no grant; the customer has to authorise again."
    );

    /// <summary>
    /// Security 28: a token goes to the site that gave it, even if the connection's row names another one meanwhile.
    /// </summary>
    public static readonly CallProblem TokenOfAnotherSite = new(
        409,
        "site-changed",
        "The connection's token is of another site than the connection. Nothing was sent."
    );

    public static readonly CallProblem UnreadablePage = new(
        502,
        "unreadable",
        "Datadog's answer is not what this endpoint answers with."
    );

    public static readonly CallProblem Redirect = new(
        502,
        "redirect",
        "Datadog answered with a redirect, which is not followed."
    );

    /// <summary>An edit whose answer was lost may have been done.</summary>
    public static readonly CallProblem OutcomeUnknown = new(
        502,
        "outcome-unknown",
        "Datadog's answer was lost; it may have been done. Look before it is sent again."
    );

    public static readonly CallProblem Unreachable = new(
        503,
        "unavailable",
        "Datadog does not answer; try again.",
        TimeSpan.FromSeconds(5)
    );

    /// <summary>Auth does not answer.</summary>
    public static readonly CallProblem NoToken = new(
        503,
        "unavailable",
        "There is no access token at the moment; try again.",
        TimeSpan.FromSeconds(Problems.RetryAfterSeconds)
    );

    public static readonly CallProblem SendAgain = new(
        503,
        "send-again",
        "The access token was renewed, and the body is too long to be kept; send it again.",
        TimeSpan.FromSeconds(1)
    );

    public static CallProblem ScopeMissing(IReadOnlyList<string> scopes) =>
        new(403, "scope-missing", $"The customer has not granted {string.Join(", ", scopes)}.", Scopes: scopes);

    public static CallProblem MethodNotAllowed(IEnumerable<Endpoint> endpoints) =>
        new(
            405,
            "method-not-allowed",
            "This endpoint is not allowed with this method.",
            Allow: string.Join(", ", endpoints.SelectMany(endpoint => endpoint.Methods).Distinct())
        );

    public static CallProblem ShareUsed(RateLimitHeaders limit) =>
        new(
            429,
            "rate-share",
            "Our share of this org's limit is used up; the rest is the customer's.",
            limit.Reset,
            limit
        );

    public Task WriteAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (RetryAfter is { } wait)
        {
            headers.RetryAfter = $"{Problems.WholeSeconds(wait)}";
        }

        if (Allow is not null)
        {
            headers.Allow = Allow;
        }

        if (Limit is { } limit)
        {
            headers["X-RateLimit-Limit"] = $"{limit.Limit}";
            headers["X-RateLimit-Period"] = $"{(long)limit.Period.TotalSeconds}";
            headers["X-RateLimit-Remaining"] = "0";
            headers["X-RateLimit-Reset"] = $"{Problems.WholeSeconds(limit.Reset)}";
            headers["X-RateLimit-Name"] = limit.Name;
        }

        if (DatadogClientsMetadata.Of(context) is not null)
        {
            return DatadogClientsMetadata.WriteAsync(context, this);
        }

        var extensions = Scopes is null ? null : new Dictionary<string, object?> { ["scopes"] = Scopes };
        return TypedResults
            .Problem(statusCode: Status, type: Type, title: Title, extensions: extensions)
            .ExecuteAsync(context);
    }
}
