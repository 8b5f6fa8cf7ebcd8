using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Tests;

/// <summary>The flow as a partner walks it, with every value open to a change.</summary>
internal sealed class OAuthFlow(World world)
{
    private const string Verifier = "the-verifier-of-this-test-0123456789-abcdefghij";

    public string ClientId { get; init; } = World.ClientId;

    public string? ClientSecret { get; init; } = World.Secret;

    public string RedirectUri { get; init; } = World.RedirectUri;

    public Dictionary<string, string> AuthorizeParameters =>
        new()
        {
            ["response_type"] = "code",
            ["client_id"] = ClientId,
            ["redirect_uri"] = RedirectUri,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
            ["code_challenge_method"] = "S256",
            ["state"] = "the-state",
        };

    public async Task<Issued> ConnectAsync(Org org)
    {
        var callback = await AuthorizeAsync(org);
        var reply = await RedeemAsync(org.Site.Name, callback["code"]);
        return new Issued(
            reply.Json.GetProperty("access_token").GetString()!,
            reply.Json.GetProperty("refresh_token").GetString()!
        );
    }

    /// <summary>The callback's parameters.</summary>
    public async Task<Dictionary<string, string>> AuthorizeAsync(Org org, string? appHost = null)
    {
        var reply = await DecideAsync(appHost ?? org.Site.AppHost, "authorize", org.Id);
        return QueryHelpers.ParseQuery(reply.Location!.Query).ToDictionary(p => p.Key, p => p.Value.ToString());
    }

    public Task<Reply> ShowAsync(string appHost, Dictionary<string, string>? parameters = null) =>
        world.SendAsync(
            new HttpRequestMessage(
                HttpMethod.Get,
                QueryHelpers.AddQueryString(world.Page(appHost).ToString(), (parameters ?? AuthorizeParameters)!)
            )
        );

    public Task<Reply> DecideAsync(string appHost, string decision, string org)
    {
        var form = AuthorizeParameters;
        form["decision"] = decision;
        form["org"] = org;
        return world.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, world.Page(appHost)) { Content = new FormUrlEncodedContent(form) }
        );
    }

    public Task<Reply> RedeemAsync(string site, string code, string verifier = Verifier, string? redirectUri = null) =>
        TokenAsync(
            site,
            new()
            {
                ["grant_type"] = "authorization_code",
                ["redirect_uri"] = redirectUri ?? RedirectUri,
                ["code"] = code,
                ["code_verifier"] = verifier,
            }
        );

    public Task<Reply> RefreshAsync(string site, string refreshToken) =>
        TokenAsync(site, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken });

    public Task<Reply> RevokeAsync(string site, string token) => PostAsync(site, "revoke", new() { ["token"] = token });

    public Task<Reply> TokenAsync(string site, Dictionary<string, string> form) => PostAsync(site, "token", form);

    private Task<Reply> PostAsync(string site, string endpoint, Dictionary<string, string> form)
    {
        form["client_id"] = ClientId;
        if (ClientSecret is not null)
        {
            form["client_secret"] = ClientSecret;
        }

        return world.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, $"https://api.{World.Parameter(site)}/oauth2/v1/{endpoint}")
            {
                Content = new FormUrlEncodedContent(form),
            }
        );
    }
}

internal sealed record Issued(string Access, string Refresh);
