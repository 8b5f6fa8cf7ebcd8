namespace Partner.Sandbox.Tests;

public sealed class AuthorizeTests
{
    [Theory]
    [InlineData("US1", "datadoghq.com", "https://app.datadoghq.com")]
    [InlineData("US3", "us3.datadoghq.com", "https://us3.datadoghq.com")]
    [InlineData("EU1", "datadoghq.eu", "https://app.datadoghq.eu")]
    public async Task ConsentComesBackWithTheSiteOfTheOrg(string site, string domain, string app)
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);
        var org = world.OrgAt(site);

        var page = await flow.ShowAsync(org.Site.AppHost);
        var callback = await flow.AuthorizeAsync(org);

        Assert.Equal("text/html; charset=utf-8", page.ContentType);
        Assert.Contains("<code>api_keys_write</code>", page.Body, StringComparison.Ordinal);
        Assert.NotEmpty(callback["code"]);
        callback.Remove("code");
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["domain"] = domain,
                ["site"] = app,
                ["client_id"] = World.ClientId,
                ["dd_oid"] = org.Oid,
                ["dd_org_name"] = $"Demo {site}",
                ["state"] = "the-state",
            },
            callback
        );
        Assert.NotEqual(org.Id, org.Oid);
    }

    [Fact]
    public async Task WhatIsUndocumentedCanBeSwitched()
    {
        await using var world = await World.StartAsync();
        var org = world.OrgAt("US3");
        world.Set(
            """
            {"echoState":false,"sendClientId":false,"sendDdOrgName":false,"oidEqualsOrgUuid":true,"siteFormat":"host"}
            """
        );

        var callback = await new OAuthFlow(world).AuthorizeAsync(org);

        callback.Remove("code");
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["domain"] = org.Site.Parameter,
                ["site"] = org.Site.AppHost,
                ["dd_oid"] = org.Id,
            },
            callback
        );
    }

    [Fact]
    public async Task AUserCanSwitchRegionOnTheConsentPage()
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);

        var callback = await flow.AuthorizeAsync(world.OrgAt("EU1"), "app.datadoghq.com");

        Assert.Equal(("datadoghq.eu", "https://app.datadoghq.eu"), (callback["domain"], callback["site"]));
    }

    [Fact]
    public async Task ACustomSubDomainSaysNothingAboutTheSite()
    {
        await using var world = await World.StartAsync();
        var org = world.State.Orgs.Add(SiteTable.Find("US3")!, "My Company", "mycompany");

        var callback = await new OAuthFlow(world).AuthorizeAsync(org, "mycompany.datadoghq.com");

        Assert.Equal(("us3.datadoghq.com", "https://mycompany.datadoghq.com"), (callback["domain"], callback["site"]));
    }

    [Theory]
    [InlineData("client_id", "someone-else", "Invalid client_id parameter value.", "datadog-facts 2.3, 2.6")]
    [InlineData("redirect_uri", "https://evil.example/", "Mismatching redirect URI.", "datadog-facts 2.3, 2.6")]
    [InlineData("redirect_uri", World.RedirectUri + "/", "Mismatching redirect URI.", "datadog-facts 2.3, 2.6")]
    [InlineData("response_type", "token", "Invalid response_type parameter value.", "datadog-facts 2.3")]
    [InlineData("code_challenge", "", "Code challenge with method S256 required.", "datadog-facts 2.3")]
    [InlineData("code_challenge_method", "plain", "Code challenge with method S256 required.", "datadog-facts 2.3")]
    public async Task ABadRequestIsNeverRedirected(string parameter, string value, string text, string fact)
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);
        var parameters = flow.AuthorizeParameters;
        parameters[parameter] = value;

        var reply = await flow.ShowAsync("app.datadoghq.com", parameters);

        Assert.Equal((400, $$"""{"errors":["invalid_request - {{text}}"]}"""), reply.Said);
        Assert.StartsWith(fact, reply.Fact, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DenyingGoesBackWithAnError()
    {
        await using var world = await World.StartAsync();

        var reply = await new OAuthFlow(world).DecideAsync("app.datadoghq.com", "deny", world.OrgAt("US1").Id);

        Assert.Equal(
            $"{World.RedirectUri}?error=access_denied"
                + "&error_description=The%20user%20denied%20the%20request.&state=the-state",
            reply.Location!.OriginalString
        );
    }

    [Fact]
    public async Task AnOrgThatDisabledTheAppShowsAnErrorPage()
    {
        await using var world = await World.StartAsync();
        world.OrgAt("US1").AppDisabled = true;

        var reply = await new OAuthFlow(world).DecideAsync("app.datadoghq.com", "authorize", world.OrgAt("US1").Id);

        Assert.Equal((403, null), ((int)reply.Status, reply.Location));
        Assert.Contains("has disabled Demo Partner", reply.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheConsentPageEncodesWhatCameInTheQuery()
    {
        await using var world = await World.StartAsync();
        var flow = new OAuthFlow(world);
        var parameters = flow.AuthorizeParameters;
        parameters["state"] = "\"><script>alert(1)</script>";

        var page = await flow.ShowAsync("app.datadoghq.com", parameters);

        Assert.DoesNotContain("<script>", page.Body, StringComparison.Ordinal);
    }
}
