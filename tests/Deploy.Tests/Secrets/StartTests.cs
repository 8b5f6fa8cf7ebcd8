using System.Net;
using Partner.Testing;

namespace Partner.Deploy.Tests.Secrets;

/// <summary>
/// The services start with the environment that the manifests give them, as their own options read it. Their stores and
/// each other they do not find, which no service needs to be alive.
/// </summary>
public class StartTests
{
    [Fact]
    public Task TheVaultTakesItsKeyRing() => IsAliveOnItsManagementPortAsync("vault", "CredentialVault");

    [Theory(Explicit = true)]
    [Trait("tier", "long")]
    [InlineData("auth", "Auth")]
    [InlineData("site-router", "SiteRouter")]
    [InlineData("gateway", "Gateway")]
    [InlineData("logs", "Logs")]
    [InlineData("metrics", "Metrics")]
    [InlineData("checks", "ServiceChecks")]
    [InlineData("events", "Events")]
    [InlineData("traces", "Traces")]
    [InlineData("incidents", "Incidents")]
    public Task EveryServiceTakesWhatItIsGiven(string service, string project) =>
        IsAliveOnItsManagementPortAsync(service, project);

    [Theory]
    [InlineData("vault", "CredentialVault", "vault-key-1", "KeyRing")]
    [InlineData("site-router", "SiteRouter", "site-router-private-key", "PrivateKey")]
    public async Task AWrongSecretStopsTheStart(string service, string project, string key, string said)
    {
        var environment = await EnvironmentAsync(service, (k, value) => k == key ? "c2hvcnQ=" : value);
        using var process = Start(project, environment, LocalProcess.FreePort(), LocalProcess.FreePort());
        Assert.NotEqual(0, await process.ExitAsync());
        Assert.Contains(said, process.Output, StringComparison.Ordinal);
    }

    private static async Task IsAliveOnItsManagementPortAsync(string service, string project)
    {
        var (http, management) = (LocalProcess.FreePort(), LocalProcess.FreePort());
        using var process = Start(project, await EnvironmentAsync(service), http, management);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await process.WaitForPortAsync(management);
        await process.WaitForPortAsync(http);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(management));
        Assert.NotEqual(HttpStatusCode.OK, await StatusAsync(http));

        async Task<HttpStatusCode> StatusAsync(int port)
        {
            using var answer = await client.GetAsync(new Uri($"http://localhost:{port}/alive"));
            return answer.StatusCode;
        }
    }

    private static async Task<Dictionary<string, string>> EnvironmentAsync(
        string service,
        Func<string, string, string>? change = null
    )
    {
        var dev = await Overlays.DevAsync();
        var workload = dev.All.Single(w => w.Name == service);
        return workload.EnvironmentOf(
            workload.Main,
            (secret, key) =>
            {
                var text = dev.SecretText(secret, key);
                return change?.Invoke(key, text) ?? text;
            }
        );
    }

    private static LocalProcess Start(string project, Dictionary<string, string> environment, int http, int management)
    {
        // Of this machine, where several pods share the ports; and as the images set it, which the manifests overrule.
        environment["HTTP_PORTS"] = $"{http};{management}";
        environment["Management__Port"] = $"{management}";
        environment["ASPNETCORE_HTTP_PORTS"] = "8080";
        var configuration = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)).Name;
        return LocalProcess.Start(
            "dotnet",
            [Repository.PathOf("artifacts", "bin", project, configuration, $"{project}.dll")],
            environment.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))
        );
    }
}
