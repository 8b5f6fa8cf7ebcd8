using System.Security.Cryptography;

namespace Partner.Sandbox;

/// <summary>What a sandbox starts with. Everything else is changed while it runs, under /_sandbox.</summary>
public sealed class SandboxOptions
{
    public const string SectionName = "Sandbox";

    /// <summary>The port of people's pages and of the admin API; 0 takes a free one.</summary>
    public int PagesPort { get; set; }

    /// <summary>The port that stands for every Datadog host; 0 takes a free one.</summary>
    public int TlsPort { get; set; }

    /// <summary>
    /// Where both listen, loopback by default. In a container that is 0.0.0.0: what of it is reachable is said by whoever
    /// publishes its ports.
    /// </summary>
    public string? Address { get; set; }

    public IList<ClientOptions> Clients { get; set; } = [];

    /// <summary>From configuration; the pages listen on the port of the first of the host's urls.</summary>
    public static SandboxOptions From(IConfiguration configuration)
    {
        var options = configuration.GetSection(SectionName).Get<SandboxOptions>() ?? new SandboxOptions();
        if (configuration["urls"]?.Split(';', StringSplitOptions.RemoveEmptyEntries) is [var first, ..])
        {
            options.PagesPort = BindingAddress.Parse(first).Port;
        }

        return options;
    }
}

/// <summary>A registered OAuth client (datadog-facts 2.11).</summary>
public sealed class ClientOptions
{
    public string ClientId { get; set; } = "";

    public string Secret { get; set; } = "";

    public string Name { get; set; } = "Demo Partner";

    public string? RedirectUri { get; set; }

    public IList<string> RedirectUris { get; set; } = [];

    public string OnboardingUrl { get; set; } = "";

    /// <summary>Empty means those that the tile asks for (datadog-facts 2.10).</summary>
    public IList<string> Scopes { get; set; } = [];

    /// <summary>A client that nobody configured, of a partner at http://localhost:8080.</summary>
    public static ClientOptions WithNewSecret() =>
        new()
        {
            ClientId = Guid.CreateVersion7().ToString(),
            Secret = RandomNumberGenerator.GetHexString(40, lowercase: true),
            RedirectUri = "http://localhost:8080/oauth/callback",
            OnboardingUrl = "http://localhost:8080/connect",
        };
}
