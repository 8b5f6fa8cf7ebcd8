using System.Text.Json.Nodes;
using System.Web;

namespace Partner.Auth.Tests;

/// <summary>What a callback will be judged by is all there before the browser leaves.</summary>
public sealed class AttemptRecordTests(World world) : IClassFixture<World>
{
    [Theory]
    [Trait("security", "2")]
    [InlineData("?domain=datadoghq.eu&site=https://app.datadoghq.eu", "datadoghq.eu", "app.datadoghq.eu")]
    [InlineData("?site=https://app.datadoghq.com", null, "app.datadoghq.com")]
    public async Task AnAttemptIsTiedToItsSessionTenantSiteRedirectUriAndTime(string tile, string? domain, string host)
    {
        var tenant = await world.Auth.NewTenantAsync();
        var browser = world.NewBrowser();
        await browser.GetAsync($"/connect{tile}");
        var session = await world.Auth.CreateSessionAsync(tenant);
        var before = world.Clock.GetUtcNow();
        var authorize = await browser.LeaveByAsync(session);

        var row = JsonNode
            .Parse(
                await world.Database.ScalarAsync<string>(
                    "SELECT (to_jsonb(a) - 'sealed_verifier')::text FROM attempts a WHERE tenant = $1",
                    tenant.Text
                )
            )!
            .AsObject();
        Assert.InRange(
            row["created_at"]!.GetValue<DateTimeOffset>(),
            before - TimeSpan.FromSeconds(1),
            world.Clock.GetUtcNow()
        );
        row.Remove("created_at");
        Assert.Equal(
            new SortedDictionary<string, string?>
            {
                ["authorize_host"] = host,
                ["connection"] = null,
                ["consumed_at"] = null,
                ["cookie_hash"] = OpaqueTokens.Hash(browser.CookieJar["__Host-connect"]),
                ["expected_domain"] = domain,
                ["profile"] = "default",
                ["redirect_uri"] = $"{World.PublicUrl}/oauth/callback",
                ["session"] = session["id"]!.GetValue<string>(),
                ["state_hash"] = OpaqueTokens.Hash(HttpUtility.ParseQueryString(authorize.Query)["state"]!),
                ["tenant"] = tenant.Text,
            },
            new SortedDictionary<string, string?>(row.ToDictionary(f => f.Key, f => f.Value?.ToString()))
        );
    }
}
