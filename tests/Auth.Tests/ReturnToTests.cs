using System.Net;
using System.Text.Json.Nodes;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;

namespace Partner.Auth.Tests;

/// <summary>Where a session may send its browser in the end.</summary>
public sealed class ReturnToTests(World world) : IClassFixture<World>
{
    [Theory]
    [Trait("security", "15")]
    [Trait("security", "18")]
    [InlineData("/settings/datadog", "https://product.example/settings/datadog")]
    [InlineData("https://app.product.example/datadog?tab=1", "https://app.product.example/datadog?tab=1")]
    public async Task TheBrowserLandsWhereTheSessionSaidWithoutCodeAndState(string target, string address)
    {
        var tenant = await world.Auth.NewTenantAsync();
        var session = await world.Auth.CreateSessionAsync(tenant, ("return_to", target));
        var browser = world.NewBrowser();
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), NewOrg());
        var end = await browser.GetAsync(callback);
        Assert.Equal((HttpStatusCode.SeeOther, address, ""), (end.Status, end.Location, end.Body));
        Assert.Equal("no-referrer", end.Headers["Referrer-Policy"]);
    }

    [Theory]
    [Trait("security", "15")]
    [InlineData("//evil.tld")]
    [InlineData("//evil.tld/settings/datadog")]
    [InlineData("/\\evil.tld")]
    [InlineData("\\/evil.tld")]
    [InlineData("%2f%2fevil.tld")]
    [InlineData("/%2fevil.tld")]
    [InlineData("/settings/datadog/../../evil")]
    [InlineData("/settings/datadog@evil.tld")]
    [InlineData("https://product.example@evil.tld/settings/datadog")]
    [InlineData("https://product.example.evil.tld/settings/datadog")]
    [InlineData("/settings/datadog\r\nLocation: https://evil.tld")]
    [InlineData("/settings/datadog%0d%0aSet-Cookie:a=b")]
    [InlineData("/settings/datadog?next=https://evil.tld")]
    [InlineData("/SETTINGS/datadog")]
    [InlineData(" /settings/datadog")]
    [InlineData("settings/datadog")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://product.example/settings/datadog")]
    [InlineData("")]
    public async Task AnyOtherReturnToIsRefused(string target)
    {
        var tenant = await world.Auth.NewTenantAsync();
        var before = await world.Database.ScalarAsync<long>(
            "SELECT count(*) FROM connect_sessions WHERE tenant = $1",
            tenant.Text
        );
        var (status, problem) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/connect-sessions",
            await world.Auth.SessionBodyAsync(tenant, ("return_to", target))
        );
        Assert.Equal((HttpStatusCode.BadRequest, "unknown-return-to"), (status, Text(problem!, "type")));
        Assert.Equal(
            before,
            await world.Database.ScalarAsync<long>(
                "SELECT count(*) FROM connect_sessions WHERE tenant = $1",
                tenant.Text
            )
        );
    }

    [Theory]
    [Trait("security", "15")]
    [InlineData("//evil.tld")]
    [InlineData("/\\evil.tld")]
    [InlineData("/%2Fevil.tld")]
    [InlineData("/a\tb")]
    [InlineData("https://user@product.example/")]
    [InlineData("http://product.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task AHostileLineOfConfigurationStopsTheStart(string target) =>
        await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() =>
            world.StartAuthAsync(null, ("ReturnTo:0", target))
        );

    private Org NewOrg() => world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");

    private static string? Text(JsonNode node, string name) => node[name]?.GetValue<string>();
}
