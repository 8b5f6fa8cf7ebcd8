using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Partner.DatadogClient;
using Partner.Egress;

namespace Partner.Auth.Datadog;

/// <summary>
/// The token and revoke endpoints of a site (datadog-facts 2.5, 2.7). The host comes from the registry's row, never
/// from a parameter. Own code beside Duende.IdentityModel: an answer is one of Datadog's cases, and tokens are <see
/// cref="Secret"/>, not text.
/// </summary>
internal sealed class DatadogOAuthClient(HttpClient http, ClientHealth health, TimeProvider time)
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>However long Datadog asks to wait.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(24);

    public Task<TokenAnswer> ExchangeAsync(
        DatadogSite site,
        ClientProfile client,
        Secret code,
        Secret verifier,
        string redirectUri,
        CancellationToken cancellationToken
    ) =>
        AskAsync(
            site,
            client,
            new()
            {
                ["grant_type"] = "authorization_code",
                ["redirect_uri"] = redirectUri,
                ["code"] = code.Reveal(),
                ["code_verifier"] = verifier.Reveal(),
            },
            cancellationToken
        );

    public Task<TokenAnswer> RefreshAsync(
        DatadogSite site,
        ClientProfile client,
        Secret refreshToken,
        CancellationToken cancellationToken
    ) =>
        AskAsync(
            site,
            client,
            new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken.Reveal() },
            cancellationToken
        );

    /// <summary>
    /// Whether Datadog takes the client and this secret, found out with a refresh token that does not exist: 401 is
    /// about the client, invalid_grant about the token (datadog-facts 2.6). Null: it did not say.
    /// </summary>
    public async Task<bool?> KnowsAsync(
        DatadogSite site,
        ClientProfile client,
        Secret secret,
        CancellationToken cancellationToken
    ) =>
        await AskOnceAsync(
            site,
            client,
            secret,
            new() { ["grant_type"] = "refresh_token", ["refresh_token"] = OpaqueTokens.New() },
            cancellationToken
        ) switch
        {
            TokenAnswer.InvalidGrant => true,
            TokenAnswer.ClientRefused => false,
            _ => null,
        };

    /// <summary>True when Datadog has confirmed; it does so for an unknown token too (datadog-facts 2.7).</summary>
    public async Task<bool> RevokeAsync(
        DatadogSite site,
        ClientProfile client,
        Secret token,
        CancellationToken cancellationToken
    )
    {
        foreach (var secret in client.Secrets)
        {
            try
            {
                using var response = await PostAsync(
                    site,
                    "revoke",
                    client,
                    secret,
                    new() { ["token"] = token.Reveal() },
                    cancellationToken
                );
                if (response.StatusCode != HttpStatusCode.Unauthorized)
                {
                    return response.IsSuccessStatusCode;
                }
            }
            catch (Exception exception) when (IsTransport(exception))
            {
                return false;
            }
        }

        return false;
    }

    // 401 says that the secret is not the one in force, and that nothing was done: the next may be (datadog-facts
    // 2.11).
    private async Task<TokenAnswer> AskAsync(
        DatadogSite site,
        ClientProfile client,
        Dictionary<string, string> form,
        CancellationToken cancellationToken
    )
    {
        foreach (var secret in client.Secrets)
        {
            var answer = await AskOnceAsync(site, client, secret, form, cancellationToken);
            if (answer is not TokenAnswer.ClientRefused)
            {
                if (answer is TokenAnswer.Granted or TokenAnswer.InvalidGrant)
                {
                    health.Report(client.Profile, accepted: true);
                }

                return answer;
            }
        }

        health.Report(client.Profile, accepted: false);
        return new TokenAnswer.ClientRefused();
    }

    private async Task<TokenAnswer> AskOnceAsync(
        DatadogSite site,
        ClientProfile client,
        Secret secret,
        Dictionary<string, string> form,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var response = await PostAsync(site, "token", client, secret, form, cancellationToken);
            return Read(response, await response.Content.ReadJsonAsync(cancellationToken));
        }
        catch (EgressRefusedException)
        {
            return new TokenAnswer.TryLater(null, Undecided: false);
        }
        catch (Exception exception) when (IsTransport(exception))
        {
            return new TokenAnswer.TryLater(null, Undecided: true);
        }
    }

    private static TokenAnswer Read(HttpResponseMessage response, byte[] body) =>
        (int)response.StatusCode switch
        {
            200 => Grant(body),
            401 => new TokenAnswer.ClientRefused(),
            429 => new TokenAnswer.TryLater(RateLimitHeaders.WaitIn(response.Headers, LongestWait), Undecided: false),
            400 when OAuthErrors.CodeOf(body) is "invalid_grant" => new TokenAnswer.InvalidGrant(),
            400 when OAuthErrors.CodeOf(body) is "invalid_client" => new TokenAnswer.ClientRefused(),
            >= 400 and < 500 => new TokenAnswer.Refused((int)response.StatusCode, OAuthErrors.CodeOf(body)),
            _ => new TokenAnswer.TryLater(RateLimitHeaders.WaitIn(response.Headers, LongestWait), Undecided: true),
        };

    private static TokenAnswer Grant(byte[] body)
    {
        try
        {
            if (
                JsonSerializer.Deserialize<TokenBody>(body) is { AccessToken: { } access } token
                && (token.Type is null || token.Type.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            )
            {
                var life = TimeSpan.FromSeconds(
                    Math.Clamp(token.ExpiresIn, ShortestLife.TotalSeconds, LongestLife.TotalSeconds)
                );
                return new TokenAnswer.Granted(
                    access,
                    token.RefreshToken,
                    life,
                    [
                        .. (token.Scope ?? "")
                            .Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)
                            .Distinct()
                            .Order(StringComparer.Ordinal),
                    ]
                );
            }
        }
        catch (JsonException)
        {
            // A 200 that cannot be read: Datadog has acted, we do not know how.
        }

        return new TokenAnswer.TryLater(null, Undecided: true);
    }

    private async Task<HttpResponseMessage> PostAsync(
        DatadogSite site,
        string endpoint,
        ClientProfile client,
        Secret secret,
        Dictionary<string, string> form,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"https://{site.Hosts[Product.Api]}/oauth2/v1/{endpoint}"
        )
        {
            Content = new FormUrlEncodedContent(
                new Dictionary<string, string>(form)
                {
                    ["client_id"] = client.ClientId,
                    ["client_secret"] = secret.Reveal(),
                }
            ),
        };
        using var patience = new ProcessTimeout(Timeout, time, cancellationToken);
        return await http.SendAsync(request, patience.Token);
    }

    // The caller's own cancellation counts as well: Datadog may have acted on a request sent before it.
    private static bool IsTransport(Exception exception) =>
        exception is HttpRequestException or OperationCanceledException or IOException or EgressRefusedException;

    private sealed record TokenBody(
        [property: JsonPropertyName("access_token")] Secret? AccessToken,
        [property: JsonPropertyName("refresh_token")] Secret? RefreshToken,
        [property: JsonPropertyName("expires_in")] double ExpiresIn,
        [property: JsonPropertyName("token_type")] string? Type,
        [property: JsonPropertyName("scope")] string? Scope
    );
}
