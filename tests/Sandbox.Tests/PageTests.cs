using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Tests;

/// <summary>The page at /, as a browser without a script uses it.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task ItShowsWhatIsThereAndNoWholeKey()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US3");
        world.State.Orgs.Add(SiteTable.Find("US1")!, "<script>alert(1)</script>");
        await world.LogsAsync("US3", key, """[{"message":"new"},{"message":"old","timestamp":1}]""");
        world.State.Faults.Add(new Fault { Filter = new TrafficFilter("AP2", Path: "/\"<b>") });

        var page = await GetAsync(world);

        Assert.Equal(200, (int)page.Status);
        Assert.Contains($"…{key[^4..]}", page.Body, StringComparison.Ordinal);
        Assert.Contains("type=logs&amp;fate=kept\">1</a>", page.Body, StringComparison.Ordinal);
        Assert.Contains("type=logs&amp;fate=dropped\">1</a>", page.Body, StringComparison.Ordinal);
        Assert.Contains("/&quot;&lt;b&gt;", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(key, page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKeyAGrantAndAUserAreRevokedThere()
    {
        await using var world = await World.StartAsync();
        var (org, key) = (world.OrgAt("US1"), await world.KeyAsync("US1"));
        var other = await new OAuthFlow(world).ConnectAsync(world.OrgAt("EU1"));
        var (keyId, grant) = (org.Keys.Single().Id, world.State.Grants.Of(org).Single());

        var revoked = await ActAsync(world, "revoke-key", new() { ["org"] = org.Id, ["key"] = keyId });
        await ActAsync(world, "revoke-grant", new() { ["org"] = org.Id, ["grant"] = grant.Id });
        await ActAsync(world, "user", new() { ["org"] = world.OrgAt("EU1").Id, ["disabled"] = "true" });

        Assert.Equal((303, "/#orgs"), ((int)revoked.Status, revoked.Location!.OriginalString));
        Assert.Equal(403, (int)(await world.LogsAsync("US1", key, "[{}]")).Status);
        Assert.True(grant.Revoked);
        Assert.Equal((401, 400), (await MintAsync(world, other), await RefreshAsync(world, other)));
    }

    [Fact]
    public async Task AnEnabledUserHasTheTokensAgain()
    {
        await using var world = await World.StartAsync();
        var org = world.OrgAt("EU1");
        var issued = await new OAuthFlow(world).ConnectAsync(org);

        await ActAsync(world, "user", new() { ["org"] = org.Id, ["disabled"] = "true" });
        await ActAsync(world, "user", new() { ["org"] = org.Id, ["disabled"] = "false" });

        Assert.Equal(201, await MintAsync(world, issued));
    }

    [Fact]
    public async Task AFaultIsInjectedAndClearedThere()
    {
        await using var world = await World.StartAsync();
        var org = world.OrgAt("US5");

        var added = await ActAsync(
            world,
            "add-fault",
            new()
            {
                ["action"] = "Status",
                ["site"] = "US5",
                ["org"] = org.Id,
                ["path"] = " /api/v2/logs ",
                ["status"] = "429",
                ["delayMs"] = "1000",
                ["count"] = "",
                ["probability"] = "0.5",
            }
        );
        var inForce = world.State.Faults.All.Single().Fault;
        var cleared = await ActAsync(world, "clear-faults", []);

        Assert.Equal(("/#faults", "/#faults"), (added.Location!.OriginalString, cleared.Location!.OriginalString));
        Assert.Equal(
            (FaultAction.Status, new TrafficFilter("US5", org.Id, "/api/v2/logs"), 429, 1000, (int?)null, 0.5),
            (inForce.Action, inForce.Filter, inForce.Status, inForce.DelayMs, inForce.Count, inForce.Probability)
        );
        Assert.Empty(world.State.Faults.All);
    }

    [Theory]
    [InlineData("action", "Explode")]
    [InlineData("action", "99")]
    [InlineData("status", "42")]
    [InlineData("count", "0")]
    [InlineData("delayMs", "-1")]
    [InlineData("probability", "NaN")]
    public async Task AFaultThatCannotBeIsRefused(string field, string value)
    {
        await using var world = await World.StartAsync();

        var reply = await ActAsync(world, "add-fault", new() { ["action"] = "Reset", [field] = value });

        Assert.Equal(400, (int)reply.Status);
        Assert.Empty(world.State.Faults.All);
    }

    [Fact]
    public async Task WhatIsNotThereIsNotRevoked()
    {
        await using var world = await World.StartAsync();

        var reply = await ActAsync(world, "revoke-key", new() { ["org"] = world.OrgAt("US1").Id, ["key"] = "none" });

        Assert.Equal(400, (int)reply.Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("https://evil.example")]
    [InlineData("http://localhost")]
    public async Task AnotherPageMayNotPressItsButtons(string? origin)
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        var org = world.OrgAt("US1");

        var reply = await ActAsync(
            world,
            "revoke-key",
            new() { ["org"] = org.Id, ["key"] = org.Keys.Single().Id },
            origin
        );

        Assert.Equal(403, (int)reply.Status);
        Assert.Equal(202, (int)(await world.LogsAsync("US1", key, "[{}]")).Status);
    }

    [Fact]
    public async Task AReboundNameMayNotEither()
    {
        await using var world = await World.StartAsync();
        var request = Post(world, "/actions/clear-faults", [], $"http://evil.example:{world.Sandbox.Pages.Port}");
        request.Headers.Host = $"evil.example:{world.Sandbox.Pages.Port}";

        Assert.Equal(403, (int)(await world.SendAsync(request)).Status);
    }

    [Fact]
    public async Task AnotherPageMayNotUseTheAdminApiEither()
    {
        await using var world = await World.StartAsync();

        var foreign = await world.SendAsync(Post(world, "/_sandbox/release", [], "https://evil.example"));
        var program = await world.SendAsync(Post(world, "/_sandbox/release", [], null));

        Assert.Equal((403, 200), ((int)foreign.Status, (int)program.Status));
    }

    private static async Task<int> MintAsync(World world, Issued issued) =>
        (int)(await world.MintAsync("EU1", issued.Access)).Status;

    private static async Task<int> RefreshAsync(World world, Issued issued) =>
        (int)(await new OAuthFlow(world).RefreshAsync("EU1", issued.Refresh)).Status;

    private static Task<Reply> GetAsync(World world) =>
        world.SendAsync(new HttpRequestMessage(HttpMethod.Get, world.Sandbox.Pages));

    private static Task<Reply> ActAsync(World world, string action, Dictionary<string, string> form) =>
        ActAsync(world, action, form, world.Sandbox.Pages.GetLeftPart(UriPartial.Authority));

    private static Task<Reply> ActAsync(World world, string action, Dictionary<string, string> form, string? origin) =>
        world.SendAsync(Post(world, $"/actions/{action}", form, origin));

    private static HttpRequestMessage Post(World world, string path, Dictionary<string, string> form, string? origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Sandbox.Pages, path))
        {
            Content = new FormUrlEncodedContent(form),
        };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return request;
    }
}
