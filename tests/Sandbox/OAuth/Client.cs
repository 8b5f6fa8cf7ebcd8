using System.Security.Cryptography;
using System.Text;

namespace Partner.Sandbox.OAuth;

/// <summary>A registered OAuth client. One secret is active at a time (datadog-facts 2.11).</summary>
public sealed class Client
{
    public const string KeyScope = "api_keys_write";

    /// <summary>What the partner's tile asks for (assets/oauth_clients.json), where nothing else is said.</summary>
    public static readonly IReadOnlyList<string> DefaultScopes =
    [
        KeyScope,
        "dashboards_read",
        "incident_read",
        "incident_write",
        "logs_read_data",
        "logs_read_index_data",
        "metrics_read",
        "monitors_read",
        "timeseries_query",
    ];

    private volatile byte[] _secret;

    internal Client(ClientOptions options)
    {
        Id = options.ClientId;
        Name = options.Name;
        OnboardingUrl = options.OnboardingUrl;
        RedirectUris = options.RedirectUri is { } uri ? [uri, .. options.RedirectUris] : [.. options.RedirectUris];
        Scopes = options.Scopes is [] ? DefaultScopes : [.. options.Scopes];
        _secret = Encoding.UTF8.GetBytes(options.Secret);
    }

    public string Id { get; }

    public string Name { get; }

    public string OnboardingUrl { get; }

    public IReadOnlyList<string> RedirectUris { get; }

    /// <summary>A new version of the client may have others (datadog-facts 2.11).</summary>
    public IReadOnlyList<string> Scopes { get; set; }

    /// <summary>The name that its key has in every org (datadog-facts 2.8).</summary>
    public string KeyName => $"[{Name}] OAuth Client API Key {Id}";

    public bool IsSecret(string? secret) =>
        !string.IsNullOrEmpty(secret)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret), _secret);

    /// <summary>Makes a new secret, or takes the one given; the old one is dead at once.</summary>
    public string Rotate(string? secret = null)
    {
        secret ??= Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        _secret = Encoding.UTF8.GetBytes(secret);
        return secret;
    }
}
