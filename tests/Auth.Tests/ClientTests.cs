using System.Net;
using System.Text.Json;
using System.Web;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Testing;

namespace Partner.Auth.Tests;

/// <summary>The OAuth clients of a deployment: profiles, secrets that are swapped, the look at them at the start.</summary>
public sealed class ClientTests(World world) : IClassFixture<World>
{
    [Theory]
    [InlineData("Clients:default:ClientId", "not-a-uuid")]
    [InlineData("Clients:default:RedirectUri", "http://partner.example/oauth/callback")]
    [InlineData("Clients:default:RedirectUri", "https://partner.example/elsewhere")]
    [InlineData("Clients:default:RedirectUri", "https://partner.example/oauth/callback?x=1")]
    [InlineData("Clients:default:RedirectUri", "https://user@partner.example/oauth/callback")]
    [InlineData("Clients:default:Scopes:0", "api_keys_write metrics_read")]
    [InlineData("PublicUrl", "http://partner.example")]
    [InlineData("ReturnToKeys:0", "too-short")]
    public async Task AConfigurationThatMakesNoSenseStopsTheStart(string key, string value) =>
        await Assert.ThrowsAsync<OptionsValidationException>(() => world.StartAuthAsync(null, (key, value)));

    [Fact]
    public async Task AtTheStartDatadogIsAskedWhetherItKnowsTheClients()
    {
        var auth = await world.StartAuthAsync(
            null,
            ("Clients:test:ClientId", Guid.CreateVersion7().ToString()),
            ("Clients:test:Secrets:0", "a-secret-nobody-knows"),
            ("Clients:swapped:ClientId", world.ClientId),
            ("Clients:swapped:Secrets:0", "a-secret-that-comes-next"),
            ("Clients:swapped:Secrets:1", world.Secret)
        );
        string[] said =
        [
            "Client default is known",
            "Client test: Datadog refuses",
            "Clients:swapped:Secrets:0 is not in force",
        ];
        // On a busy machine an answer of Datadog's may be late, which is no answer: it is asked again.
        for (var i = 0; i < 20 && !said.All(word => world.Logs.Text.Contains(word)); i++)
        {
            await auth.Get<ClientSelfCheck>().RunAsync(CancellationToken.None);
        }

        Assert.DoesNotContain("Client default: Datadog refuses", world.Logs.Text);
        Assert.DoesNotContain("Client swapped: Datadog refuses", world.Logs.Text);
        Assert.Contains(
            "Client default is known at datadoghq.com. It needs this redirect URI there: https://partner.example/oauth/callback, and these scopes: api_keys_write",
            world.Logs.Text
        );
        Assert.Contains("Client test: Datadog refuses client id", world.Logs.Text);
        Assert.Contains("Clients:swapped:Secrets:0 is not in force at Datadog, Secrets:1 is", world.Logs.Text);
        Assert.DoesNotContain("a-secret", world.Logs.Text);

        // Degraded, and everybody else goes on.
        var report = await auth.Get<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(
            (HealthStatus.Degraded, "Datadog refuses the credentials of: test."),
            (report.Status, report.Entries["oauth-clients"].Description)
        );
        var tenant = await auth.NewTenantAsync();
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Known client");
        Assert.Equal("/connect/done", await world.NewBrowser(auth).ConnectAsync(tenant, org));
    }

    [Fact]
    public async Task ADatadogThatDoesNotAnswerStopsNoStart()
    {
        world.Datadog.Faults.Add(
            new()
            {
                Filter = new(Path: "/oauth2/v1/token"),
                Status = 503,
                Count = 1,
            }
        );
        await world.Auth.Get<ClientSelfCheck>().RunAsync(CancellationToken.None);
        Assert.Contains("Client default could not be checked", world.Logs.Text);
        Assert.False(world.Auth.Get<ClientHealth>().IsRefused("default"));
    }

    [Fact]
    [Trait("security", "10")]
    public async Task EachConnectionBelongsToItsClientWithItsOwnRedirectUri()
    {
        var auth = await world.StartAuthAsync(
            null,
            ("Clients:test:ClientId", world.ClientId),
            ("Clients:test:Secrets:0", world.Secret),
            ("Clients:test:RedirectUri", "https://test.partner.example/oauth/callback"),
            ("DefaultClient", "test")
        );
        var tenant = await auth.NewTenantAsync();
        foreach (
            var (profile, redirect) in new[]
            {
                (null, "https://test.partner.example/oauth/callback"),
                ("default", $"{World.PublicUrl}/oauth/callback"),
            }
        )
        {
            var session = await auth.CreateSessionAsync(tenant, profile is null ? [] : [("client", profile)]);
            var authorize = await world.NewBrowser(auth).LeaveByAsync(session);
            Assert.Equal(redirect, HttpUtility.ParseQueryString(authorize.Query)["redirect_uri"]);
            Assert.Equal(
                profile ?? "test",
                (await auth.SessionAsync(session["id"]!.GetValue<string>()))["client"]!.GetValue<string>()
            );
        }
    }

    [Theory]
    [Trait("security", "10")]
    [InlineData("evil.tld", null)]
    [InlineData(null, "evil.tld")]
    [InlineData("evil.tld", "evil.tld")]
    public async Task TheRedirectUriIsTheConfiguredOneWhateverTheRequestSays(string? host, string? forwarded)
    {
        var browser = world.NewBrowser();
        browser.Headers["Host"] = host;
        browser.Headers["X-Forwarded-Host"] = forwarded;
        browser.Headers["X-Forwarded-Proto"] = forwarded is null ? null : "http";
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var authorize = await browser.LeaveAsync(await world.Auth.NewTenantAsync());
        Assert.Equal(
            $"{World.PublicUrl}/oauth/callback",
            HttpUtility.ParseQueryString(authorize.Query)["redirect_uri"]
        );
        // The sandbox takes the code for exactly the redirect URI of the authorize request.
        Assert.Equal("/connect/done", (await browser.GetAsync(await Browser.ConsentAsync(authorize, org))).Location);
    }

    [Fact]
    [Trait("security", "37")]
    [Trait("fault", "F34")]
    public async Task ASecretIsSwappedInAFileWhileTheProcessRuns()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "clients.json");
        await WriteAsync(file, world.Secret);
        var auth = await world.StartAuthAsync(null, ("ClientsFile", file), ("DefaultClient", "published"));
        var tenant = await auth.NewTenantAsync();
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Swapped in a file");
        Assert.Equal("/connect/done", await world.NewBrowser(auth).ConnectAsync(tenant, org));
        var id = ConnectionId.Parse((await auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());

        var next = world.Datadog.Clients.Single().Rotate();
        try
        {
            // In the gap nothing is refreshed, and nothing is given up.
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await ExpiredAsync(auth, id));
            Assert.Equal("connected", (await auth.ConnectionAsync(tenant))["state"]!.GetValue<string>());
            Assert.True(auth.Get<ClientHealth>().IsRefused("published"));

            // A change that makes no sense is not taken.
            await WriteAsync(file);
            await Until.TrueAsync(
                () => world.Logs.Text.Contains("A change of the OAuth clients is not taken", StringComparison.Ordinal),
                meanwhile: () => auth.Get<ClientProfiles>().Find("published")
            );
            Assert.Equal(world.Secret, auth.Get<ClientProfiles>().Get("published").Secrets.Single().Reveal());

            await WriteAsync(file, next, world.Secret);
            await Until.TrueAsync(() => auth.Get<ClientProfiles>().Get("published").Secrets.Count == 2);
            Assert.Equal(HttpStatusCode.OK, await ExpiredAsync(auth, id));
            Assert.False(auth.Get<ClientHealth>().IsRefused("published"));
        }
        finally
        {
            world.Datadog.Clients.Single().Rotate(world.Secret);
        }
    }

    private async Task<HttpStatusCode> ExpiredAsync(AuthInstance auth, ConnectionId id)
    {
        await world.Database.ExecuteAsync(
            "UPDATE connections SET token_expires_at = now() - interval '1 second' WHERE id = $1",
            id.Text
        );
        await world.Database.ExecuteAsync(
            "UPDATE refresh_leases SET lease_until = '-infinity' WHERE connection = $1",
            id.Text
        );
        await world.Redis.FlushAsync();
        return (await auth.AccessTokenAsync(id)).Status;
    }

    private Task WriteAsync(string file, params string[] secrets) =>
        File.WriteAllTextAsync(
            file,
            JsonSerializer.Serialize(
                new
                {
                    Clients = new Dictionary<string, object>
                    {
                        ["published"] = new
                        {
                            world.ClientId,
                            Scopes = new[] { "api_keys_write" },
                            Secrets = secrets,
                        },
                    },
                }
            )
        );
}
