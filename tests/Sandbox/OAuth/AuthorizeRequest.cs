namespace Partner.Sandbox.OAuth;

/// <summary>
/// An authorize request as the browser brings it: in the query, and again in the form of the consent page.
/// </summary>
internal sealed record AuthorizeRequest(
    Client Client,
    string RedirectUri,
    string? Challenge,
    string Method,
    string? State
)
{
    /// <summary>
    /// Checks in the order of datadog-facts 2.3: what is wrong with client or redirect is never redirected.
    /// </summary>
    public static (AuthorizeRequest? Request, Answer? Refusal) Read(Func<string, string?> parameter, SandboxState state)
    {
        if (state.FindClient(parameter("client_id")) is not { } client)
        {
            return Refuse("Invalid client_id parameter value.", Fact.UnknownClient);
        }

        if (parameter("redirect_uri") is not { } redirectUri || !client.RedirectUris.Contains(redirectUri))
        {
            return Refuse("Mismatching redirect URI.", Fact.RedirectMismatch);
        }

        if (parameter("response_type") != "code")
        {
            return Refuse("Invalid response_type parameter value.", Fact.ResponseType);
        }

        var challenge = parameter("code_challenge");
        var method = parameter("code_challenge_method") ?? "";
        var missing = string.IsNullOrEmpty(challenge);
        if (missing ? state.Settings.RequirePkce : method is not ("S256" or "SHA-256"))
        {
            return Refuse("Code challenge with method S256 required.", Fact.Pkce);
        }

        return (new(client, redirectUri, missing ? null : challenge, method, parameter("state")), null);
    }

    private static (AuthorizeRequest?, Answer?) Refuse(string text, string fact) =>
        (null, Answer.Errors(400, $"invalid_request - {text}", fact));
}
