using System.Text.Json;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.OAuth;

/// <summary>POST /oauth2/v1/token and /oauth2/v1/revoke on an API host (datadog-facts 2.5 to 2.7).</summary>
internal static class TokenApi
{
    private const string InvalidCode = "invalid_grant - Invalid authorization code or code verifier.";

    public static RouteGroupBuilder MapTokenApi(this RouteGroupBuilder routes)
    {
        routes.MapPost("/oauth2/v1/token", Token);
        routes.MapPost("/oauth2/v1/revoke", Revoke);
        return routes;
    }

    private static async Task<Answer> Token(HttpContext context, SandboxState state)
    {
        if (await ReadAsync(context) is not { } body)
        {
            return Answer.Errors(400, InvalidCode, Fact.ContentType);
        }

        if (Authenticate(body, state) is not { } client)
        {
            return NotTheClient();
        }

        var site = context.Exchange().Host!.Site;
        switch (body.GetValueOrDefault("grant_type"))
        {
            case "authorization_code":
                var (fresh, refusal) = state.Grants.Redeem(
                    site,
                    client,
                    body.GetValueOrDefault("code"),
                    body.GetValueOrDefault("redirect_uri"),
                    body.GetValueOrDefault("code_verifier")
                );
                return fresh is null ? Answer.Errors(400, InvalidCode, refusal!) : Success(fresh);
            case "refresh_token":
                var (renewed, dead) = state.Grants.Refresh(site, client, body.GetValueOrDefault("refresh_token"));
                return renewed is null
                    ? Answer.Errors(400, "invalid_grant - Invalid refresh token.", dead!)
                    : Success(renewed);
            default:
                return Answer.Errors(400, "unsupported_grant_type - Unsupported grant_type.", Fact.GrantType);
        }
    }

    private static async Task<Answer> Revoke(HttpContext context, SandboxState state)
    {
        var body = await ReadAsync(context);
        if (body?.GetValueOrDefault("token") is not { Length: > 0 } token || !body.ContainsKey("client_id"))
        {
            return Answer.Errors(400, "invalid_request - Missing parameters.", Fact.RevokeParameters);
        }

        if (Authenticate(body, state) is not { } client)
        {
            return NotTheClient();
        }

        // 200 also where the token was already invalid.
        state.Grants.Revoke(context.Exchange().Host!.Site, client, token);
        return Answer.Of(200, new { });
    }

    private static Client? Authenticate(Dictionary<string, string> body, SandboxState state) =>
        state.FindClient(body.GetValueOrDefault("client_id")) is { } client
        && client.IsSecret(body.GetValueOrDefault("client_secret"))
            ? client
            : null;

    private static Answer NotTheClient() =>
        Answer.Errors(401, "invalid_client - Client authentication failed.", Fact.ClientSecret);

    private static Answer Success(Tokens tokens) =>
        Answer.Of(
            200,
            new
            {
                access_token = tokens.Access,
                refresh_token = tokens.Refresh,
                expires_in = (long)tokens.ExpiresIn,
                token_type = "Bearer",
                scope = string.Join(' ', tokens.Scopes),
            }
        );

    private static async Task<Dictionary<string, string>?> ReadAsync(HttpContext context)
    {
        if (context.Request.HasFormContentType)
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return form.ToDictionary(f => f.Key, f => f.Value.FirstOrDefault() ?? "");
        }

        if (!context.Request.HasJsonContentType())
        {
            return null;
        }

        try
        {
            return await JsonSerializer.DeserializeAsync<Dictionary<string, string>>(
                context.Request.Body,
                cancellationToken: context.RequestAborted
            );
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
