using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connect;

/// <summary>Writes an attempt down and makes the URL that the browser leaves by (datadog-facts 2.3).</summary>
internal sealed class AuthorizationRequest(
    ConnectAttemptStore attempts,
    Sealer sealer,
    AuthorizeUrls urls,
    TimeProvider time
)
{
    public async Task<Uri> RunAsync(
        HttpResponse response,
        ConnectSession session,
        ClientProfile client,
        TileEntry tile,
        CancellationToken cancellationToken
    )
    {
        var (cookie, state, verifier) = (OpaqueTokens.New(), OpaqueTokens.New(), Pkce.NewVerifier());
        var cookieHash = OpaqueTokens.Hash(cookie);
        await attempts.AddAsync(
            new ConnectAttempt(
                cookieHash,
                OpaqueTokens.Hash(state),
                session.Id,
                session.Tenant,
                session.Connection,
                client.Profile,
                await sealer.SealAsync(
                    new Secret(verifier),
                    ConnectAttempt.VerifierContext(cookieHash),
                    cancellationToken
                ),
                tile.Domain?.Parameter.Text,
                tile.Host.Text,
                client.RedirectUri,
                time.GetUtcNow(),
                null
            ),
            cancellationToken
        );
        response.Set(Cookies.Attempt, cookie, ConnectAttempt.Life);

        // No scope parameter: scopes are those of the client, and asking for more is refused.
        return urls.Build(
            tile.Host,
            [
                new("response_type", "code"),
                new("client_id", client.ClientId),
                new("redirect_uri", client.RedirectUri),
                new("code_challenge", Pkce.ChallengeOf(verifier)),
                new("code_challenge_method", Pkce.Method),
                new("state", state),
            ]
        );
    }
}
