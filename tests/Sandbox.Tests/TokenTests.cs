using System.Net;
using System.Text;
using System.Text.Json;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Tests;

public sealed class TokenTests
{
    private const string InvalidCode =
        """{"errors":["invalid_grant - Invalid authorization code or code verifier."]}""";

    private const string InvalidRefresh = """{"errors":["invalid_grant - Invalid refresh token."]}""";

    [Fact]
    public async Task ACodeBecomesTokensOnce()
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);
        var code = (await flow.AuthorizeAsync(world.OrgAt("US3")))["code"];

        var first = await flow.RedeemAsync("US3", code);
        var second = await flow.RedeemAsync("US3", code);

        Assert.Equal(200, (int)first.Status);
        Assert.Equal(
            (3600, "Bearer", string.Join(' ', Client.DefaultScopes)),
            (
                first.Json.GetProperty("expires_in").GetInt32(),
                first.Json.GetProperty("token_type").GetString(),
                first.Json.GetProperty("scope").GetString()
            )
        );
        Assert.Equal((400, InvalidCode), second.Said);
        Assert.Equal("datadog-facts 2.4: a code works once", second.Fact);
    }

    [Fact]
    public async Task ACodeOfOneSiteIsUnknownOnAnotherAndStaysGood()
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);
        var code = (await flow.AuthorizeAsync(world.OrgAt("US3")))["code"];

        var wrongSite = await flow.RedeemAsync("US1", code);
        var rightSite = await flow.RedeemAsync("US3", code);

        Assert.Equal((400, InvalidCode), wrongSite.Said);
        Assert.Equal(200, (int)rightSite.Status);
    }

    [Theory]
    [InlineData("another-verifier-0123456789-0123456789-0123456789", World.RedirectUri, 0)]
    [InlineData(null, "https://partner.example/other", 0)]
    [InlineData(null, World.RedirectUri, 600)]
    public async Task ACodeNeedsItsVerifierItsRedirectAndToBeYoung(string? verifier, string redirectUri, int age)
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);
        var code = (await flow.AuthorizeAsync(world.OrgAt("US1")))["code"];
        world.Clock.Advance(TimeSpan.FromSeconds(age));

        var reply = verifier is null
            ? await flow.RedeemAsync("US1", code, redirectUri: redirectUri)
            : await flow.RedeemAsync("US1", code, verifier, redirectUri);

        Assert.Equal((400, InvalidCode), reply.Said);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task AClientWithoutItsSecretIsRefused(string? secret)
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world) { ClientSecret = secret };
        var code = (await flow.AuthorizeAsync(world.OrgAt("US1")))["code"];

        Assert.Equal(401, (int)(await flow.RedeemAsync("US1", code)).Status);
    }

    [Fact]
    public async Task ARotatedSecretKillsTheOldOneAndNoToken()
    {
        await using var world = await World.StartAsync();
        var issued = await new OAuthFlow(world).ConnectAsync(world.OrgAt("US1"));
        var secret = world.State.FindClient(World.ClientId)!.Rotate();

        var old = await new OAuthFlow(world).RefreshAsync("US1", issued.Refresh);
        var renewed = await new OAuthFlow(world) { ClientSecret = secret }.RefreshAsync("US1", issued.Refresh);

        Assert.Equal((401, 200), ((int)old.Status, (int)renewed.Status));
    }

    [Fact]
    public async Task JsonIsTakenAndAnyOtherContentTypeLooksLikeABadCode()
    {
        await using var world = await World.StartAsync();
        var issued = await new OAuthFlow(world).ConnectAsync(world.OrgAt("US1"));
        var json = JsonSerializer.Serialize(
            new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["client_id"] = World.ClientId,
                ["client_secret"] = World.Secret,
                ["refresh_token"] = issued.Refresh,
            }
        );

        Assert.Equal((400, InvalidCode), (await Post(world, json, "text/plain")).Said);
        Assert.Equal(200, (int)(await Post(world, json, "application/json")).Status);
    }

    [Theory]
    [InlineData("""{"rotate":"never"}""", true, true, true)]
    [InlineData("""{"rotate":"always-old-dies"}""", false, false, false)]
    [InlineData("""{"rotate":"grace","rotationGraceSeconds":30}""", false, true, false)]
    public async Task ARefreshTokenRotatesAsTheSwitchSays(
        string settings,
        bool sameToken,
        bool oldWorksAtOnce,
        bool oldWorksLater
    )
    {
        await using var world = await World.StartAsync();
        world.Set(settings);
        var flow = new OAuthFlow(world);
        var issued = await flow.ConnectAsync(world.OrgAt("EU1"));

        var renewed = await flow.RefreshAsync("EU1", issued.Refresh);
        var atOnce = await flow.RefreshAsync("EU1", issued.Refresh);
        world.Clock.Advance(TimeSpan.FromSeconds(31));
        var later = await flow.RefreshAsync("EU1", issued.Refresh);

        Assert.Equal(sameToken, renewed.Json.GetProperty("refresh_token").GetString() == issued.Refresh);
        Assert.Equal((oldWorksAtOnce ? 200 : 400, oldWorksLater ? 200 : 400), ((int)atOnce.Status, (int)later.Status));
        Assert.True(later.Status is HttpStatusCode.OK || later.Body == InvalidRefresh);
    }

    [Fact]
    public async Task RevokingIsAlways200AndEndsTheTokens()
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);
        var issued = await flow.ConnectAsync(world.OrgAt("US1"));

        Assert.Equal((200, "{}"), (await flow.RevokeAsync("US1", issued.Refresh)).Said);
        Assert.Equal((200, "{}"), (await flow.RevokeAsync("US1", "unknown")).Said);
        Assert.Equal(400, (int)(await flow.RevokeAsync("US1", "")).Status);
        Assert.Equal((400, InvalidRefresh), (await flow.RefreshAsync("US1", issued.Refresh)).Said);
        Assert.Equal(401, (int)(await world.MintAsync("US1", issued.Access)).Status);
    }

    [Fact]
    public async Task AUserWhoRevokesEndsEveryTokenOfTheOrg()
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);
        var issued = await flow.ConnectAsync(world.OrgAt("US1"));

        world.State.Grants.RevokeAll(world.OrgAt("US1"));

        Assert.Equal((400, InvalidRefresh), (await flow.RefreshAsync("US1", issued.Refresh)).Said);
    }

    private static Task<Reply> Post(World world, string body, string contentType) =>
        world.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "https://api.datadoghq.com/oauth2/v1/token")
            {
                Content = new StringContent(body, Encoding.UTF8, contentType),
            }
        );
}
