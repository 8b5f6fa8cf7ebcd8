using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.Testing;

namespace Partner.AppHost.Tests.Canary;

/// <summary>
/// The secrets that a run is started with, each unique and each known to the tests; and a control: a process that does
/// what none may, by which a search shows that it would see it.
/// </summary>
internal sealed class Planted
{
    private static readonly string[] Roles =
    [
        "vault",
        "auth",
        "logs",
        "metrics",
        "checks",
        "events",
        "traces",
        "incidents",
    ];

    /// <summary>Resource of the control.</summary>
    public const string ControlProcess = "canary-control";

    private readonly List<Secret> _secrets = [];

    public Planted(string partnerToken, string gatewayPrivateKey)
    {
        Add("partner-token", partnerToken, "gateway", "demo-partner");
        Add("gateway-private-key", gatewayPrivateKey, "gateway");
        Add("datadog-client-secret", NewSecret(), "auth", "sandbox");
        Add("vault-key-1", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), "vault");
        Add("postgres-password", NewSecret(), "migrator", "postgres");
        Add("cache-password", NewSecret(), "auth", "cache");
        foreach (var role in Roles)
        {
            Add($"{role}-db-password", NewSecret(), role, "migrator");
        }
    }

    /// <summary>Planted on purpose in every place that is searched.</summary>
    public Secret Control { get; } = new("control", NewSecret());

    public IReadOnlyList<Secret> Secrets => _secrets;

    public Secret this[string name] => _secrets.Single(secret => secret.Name == name);

    /// <summary>Arguments of the AppHost.</summary>
    public IEnumerable<string> Arguments => _secrets.Select(secret => $"--Parameters:{secret.Name}={secret.Value}");

    public void AddControl(IDistributedApplicationTestingBuilder builder) =>
        builder
            .AddExecutable(ControlProcess, "/bin/sh", "/", "-c", $"echo {Control.Value}; exec sleep 100000")
            .WithEnvironment("CANARY_CONTROL", Control.Value);

    private void Add(string name, string value, params IReadOnlyList<string> holders) =>
        _secrets.Add(new Secret(name, value, holders));

    private static string NewSecret() => RandomNumberGenerator.GetHexString(40, lowercase: true);
}
