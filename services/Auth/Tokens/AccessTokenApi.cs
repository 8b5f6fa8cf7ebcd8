using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.Auth.Tokens;

internal static class AccessTokenApi
{
    public static void MapAccessTokens(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/internal/v1/connections/{connection}/access-token", Get).RequireCaller("access-tokens");

    private static async Task<Results<Ok<AccessToken>, ProblemHttpResult>> Get(
        ConnectionId connection,
        HttpContext context,
        AccessTokens tokens,
        CancellationToken cancellationToken
    )
    {
        if (context.Caller().Claims.Connection != connection.Text)
        {
            return PartnerProblems.Forbidden("wrong-connection", "The token names another connection.");
        }

        switch (await tokens.GetAsync(connection, cancellationToken))
        {
            case AccessTokens.Answer.Token { Live: var live }:
                context.Response.Headers.CacheControl = "no-store";
                return TypedResults.Ok(new AccessToken(live.Value, live.ExpiresAt, live.Site));
            case AccessTokens.Answer.Unknown:
                return PartnerProblems.NotFound("connection");
            case AccessTokens.Answer.NoGrant:
                return PartnerProblems.Conflict(
                    "reauthorize",
                    "There is no grant; the customer has to authorise again."
                );
            case AccessTokens.Answer.Unavailable { After: var after }:
                context.Response.Headers.RetryAfter = $"{Problems.WholeSeconds(after)}";
                return TypedResults.Problem(
                    statusCode: 503,
                    type: "unavailable",
                    title: "Datadog gives no token at the moment."
                );
            default:
                throw new InvalidOperationException("Unknown answer.");
        }
    }
}
