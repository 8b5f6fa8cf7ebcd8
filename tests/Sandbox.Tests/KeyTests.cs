namespace Partner.Sandbox.Tests;

public sealed class KeyTests
{
    [Fact]
    public async Task AnOrgHasOneKeyPerClientUntilItIsDeleted()
    {
        await using var world = await World.StartAsync();
        var org = world.OrgAt("US3");
        var issued = await new OAuthFlow(world).ConnectAsync(org);

        var first = await world.MintAsync("US3", issued.Access);
        var second = await world.MintAsync("US3", issued.Access);
        org.Keys.Single().Live = false;
        var third = await world.MintAsync("US3", issued.Access);

        var data = first.Json.GetProperty("data");
        Assert.Equal((201, "api_keys"), ((int)first.Status, data.GetProperty("type").GetString()));
        Assert.Matches("^[0-9a-f]{32}$", data.GetProperty("attributes").GetProperty("key").GetString());
        var creator = data.GetProperty("relationships").GetProperty("created_by").GetProperty("data");
        Assert.Equal(org.UserId, creator.GetProperty("id").GetString());
        Assert.Equal((409, """{"errors":["An API key with this name already exists"]}"""), second.Said);
        Assert.Equal(201, (int)third.Status);
    }

    [Fact]
    public async Task ATokenOfAnotherSiteIsUnauthorized()
    {
        await using var world = await World.StartAsync();
        var issued = await new OAuthFlow(world).ConnectAsync(world.OrgAt("US3"));

        var reply = await world.MintAsync("US1", issued.Access);

        Assert.Equal((401, """{"errors":["Unauthorized"]}"""), reply.Said);
    }

    [Fact]
    public async Task AnExpiredTokenIsUnauthorized()
    {
        await using var world = await World.StartAsync();
        var issued = await new OAuthFlow(world).ConnectAsync(world.OrgAt("US1"));
        world.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal((401, """{"errors":["Unauthorized"]}"""), (await world.MintAsync("US1", issued.Access)).Said);
    }

    [Theory]
    [InlineData(true, false, "datadog-facts 2.8: the key endpoint needs the scope api_keys_write")]
    [InlineData(false, true, "datadog-facts 2.6: the authorizing user lacks the permission")]
    public async Task WithoutScopeOrPermissionTheKeyIsForbidden(bool canCreateKeys, bool scopeAllowed, string fact)
    {
        await using var world = await World.StartAsync();
        var org = world.State.Orgs.Add(
            SiteTable.Find("US1")!,
            "Restricted",
            canCreateKeys: canCreateKeys,
            allowedScopes: scopeAllowed ? null : []
        );
        var issued = await new OAuthFlow(world).ConnectAsync(org);

        var reply = await world.MintAsync("US1", issued.Access);

        Assert.Equal((403, """{"errors":["Forbidden"]}""", fact), ((int)reply.Status, reply.Body, reply.Fact));
    }

    [Fact]
    public async Task ValidateNamesTheOrgOfAKeyOfThisSiteAlone()
    {
        await using var world = await World.StartAsync();
        var org = world.OrgAt("EU1");
        var key = await world.KeyAsync("EU1");

        Assert.Equal((200, """{"valid":true}"""), (await Validate(world, "v1", "datadoghq.eu", key)).Said);
        Assert.Equal(
            (
                200,
                $$$"""
                {"data":{"type":"validate_v2","id":"{{{org.Id}}}","attributes":
                {"valid":true,"api_key_id":"{{{org.Keys.Single().Id}}}","api_key_scopes":[]} } }
                """.Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal)
            ),
            (await Validate(world, "v2", "datadoghq.eu", key)).Said
        );
        Assert.Equal((403, """{"errors":["Forbidden"]}"""), (await Validate(world, "v2", "datadoghq.com", key)).Said);
    }

    [Fact]
    public async Task ANewKeyCanTakeItsTime()
    {
        await using var world = await World.StartAsync();
        world.Set("""{"newKeySettlingSeconds":5}""");
        var key = await world.KeyAsync("US1");

        Assert.Equal((403, """{"errors":["Forbidden"]}"""), (await Validate(world, "v1", "datadoghq.com", key)).Said);
        Assert.Equal(403, (int)(await world.LogsAsync("US1", key, "[]")).Status);
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((200, """{"valid":true}"""), (await Validate(world, "v1", "datadoghq.com", key)).Said);
    }

    [Fact]
    public async Task TheCurrentUserNamesItsOrgUnlessTheEndpointTakesNoTokens()
    {
        await using var world = await World.StartAsync();
        var org = world.OrgAt("US3");
        var issued = await new OAuthFlow(world).ConnectAsync(org);
        var url = "https://api.us3.datadoghq.com/api/v2/current_user";

        var user = await world.SendAsync(World.Bearer(HttpMethod.Get, url, issued.Access));
        world.Set("""{"currentUser":false}""");
        var closed = await world.SendAsync(World.Bearer(HttpMethod.Get, url, issued.Access));

        var link = user.Json.GetProperty("data").GetProperty("relationships").GetProperty("org").GetProperty("data");
        Assert.Equal($$"""{"type":"orgs","id":"{{org.Id}}"}""", link.GetRawText());
        Assert.Equal(org.Id, user.Json.GetProperty("included")[0].GetProperty("id").GetString());
        Assert.Equal((401, """{"errors":["Unauthorized"]}"""), closed.Said);
    }

    private static Task<Reply> Validate(World world, string version, string parameter, string key) =>
        world.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"https://api.{parameter}/api/{version}/validate")
            {
                Headers = { { "dd-api-key", key } },
            }
        );
}
