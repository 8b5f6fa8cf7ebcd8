using Microsoft.Extensions.Options;
using Partner.Auth.Tokens;
using Partner.Contracts;
using Partner.Egress;

namespace Partner.Auth.Connect;

/// <summary>Writes an attempt down and makes the URL that the browser leaves by (datadog-facts 2.3).</summary>
internal sealed class Departure(
    AttemptStore attempts, Sealer sealer, AuthorizeUrls urls, IOptions<AuthOptions> options, TimeProvider time)
{
    public async Task<Uri> RunAsync(
        HttpResponse response, ConnectSession session, ClientProfile client, TileEntry tile,
        CancellationToken cancellationToken)
    {
        var (cookie, state, verifier) = (Handles.New(), Handles.New(), Pkce.NewVerifier());
        var cookieHash = Handles.Hash(cookie);
        await attempts.AddAsync(
            new Attempt(
                cookieHash,
                Handles.Hash(state),
                session.Tenant,
                client.Profile,
                await sealer.SealAsync(new Secret(verifier), Attempt.VerifierContext(cookieHash), cancellationToken),
                tile.Domain?.Parameter.Text,
                tile.Host.Text,
                options.Value.RedirectUri,
                time.GetUtcNow(),
                null),
            cancellationToken);
        response.Set(Cookies.Attempt, cookie, Attempt.Life);

        // No scope parameter: scopes are those of the client, and asking for more is refused.
        return urls.Build(tile.Host,
        [
            new("response_type", "code"),
            new("client_id", client.ClientId),
            new("redirect_uri", options.Value.RedirectUri),
            new("code_challenge", Pkce.ChallengeOf(verifier)),
            new("code_challenge_method", Pkce.Method),
            new("state", state),
        ]);
    }
}
