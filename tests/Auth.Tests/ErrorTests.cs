using System.Net;
using System.Text.Json.Nodes;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;

namespace Partner.Auth.Tests;

/// <summary>Errors of Datadog's, one after the other: each plants what the next request gets.</summary>
[CollectionDefinition(Name)]
public sealed class ErrorWorld : ICollectionFixture<World>
{
    public const string Name = "errors of Datadog's";
}

/// <summary>
/// Each row of datadog-facts 2.6 against the sandbox: a page that says what happened and what to do, and a reason that
/// the partner's program can read.
/// </summary>
public abstract class ErrorTests(World world)
{
    protected const string TokenPath = "/oauth2/v1/token";

    protected World World => world;

    private protected async Task AssertEndAsync(
        Browser browser,
        string callback,
        JsonNode session,
        string state,
        string reason,
        string says
    )
    {
        var end = await browser.GetAsync(callback);
        Assert.Equal((HttpStatusCode.SeeOther, $"/connect/failed?reason={reason}"), (end.Status, end.Location));
        Assert.Contains(says, (await browser.GetAsync(end.Location!)).Body);
        var ended = await world.Auth.SessionAsync(Text(session, "id")!);
        Assert.Equal((state, reason), (Text(ended, "state"), Text(ended, "reason")));
        Assert.Contains(says, Text(ended, "help"));
    }

    private protected async Task<(TenantId Tenant, Org Org, string Connection)> ConnectedAsync()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        return (tenant, org, Text(await world.Auth.ConnectionAsync(tenant), "id")!);
    }

    protected static string NewName() => $"Org {Guid.CreateVersion7():N}";

    private protected Org NewOrg() => world.Datadog.Orgs.Add(SiteTable.Find("US1")!, NewName());

    protected static string? Capability(JsonNode connection, string kind, string name) =>
        Text(
            connection["capabilities"]!.AsArray().Single(c => (Text(c!, "kind"), Text(c!, "name")) == (kind, name))!,
            "state"
        );

    protected static string? Text(JsonNode node, string name) => node[name]?.GetValue<string>();
}
