using Microsoft.Extensions.Options;

namespace Partner.Auth;

/// <summary>
/// The registered OAuth clients by name, usually <c>test</c> and <c>published</c>, in section <c>Clients</c>
/// (datadog-facts 2.11).
/// </summary>
internal sealed class ClientsOptions : Dictionary<string, ClientOptions>
{
    public const string SectionName = "Clients";

    public const string Rule =
        "Clients:{profile} needs ClientId (a UUID), at least one of Secrets:0, Secrets:1, and a RedirectUri, if any, "
        + "that is an https URL without query that ends in /oauth/callback.";

    public bool IsValid =>
        Count > 0
        && Values.All(client =>
            Guid.TryParse(client.ClientId, out _)
            && client.Secrets.Any(secret => secret.Length > 0)
            && IsRedirect(client.RedirectUri)
            && client.Scopes.All(scope => scope.Length > 0 && scope.All(c => c is '_' || char.IsAsciiLetterLower(c)))
        );

    private static bool IsRedirect(string uri) =>
        uri.Length == 0
        || (
            AuthOptions.IsPublic(uri) && !uri.Contains('?') && uri.EndsWith("/oauth/callback", StringComparison.Ordinal)
        );
}

internal sealed class ClientOptions
{
    /// <summary>UUID of the client.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>
    /// Newest first. Datadog kills the old secret at once when a new one is made, so both are listed for the swap.
    /// </summary>
    public string[] Secrets { get; init; } = [];

    /// <summary>Name of the client at Datadog, by which customers find its key.</summary>
    public string Name { get; init; } = "";

    /// <summary>Site of the consent page where none was chosen. A customer can change it there.</summary>
    public string Site { get; init; } = "datadoghq.com";

    /// <summary>Datadog sends <c>state</c> back. False: cookie and PKCE alone hold (security 9).</summary>
    public bool EchoesState { get; init; } = true;

    /// <summary>As registered for this client, where it is not <c>/oauth/callback</c> under the public URL.</summary>
    public string RedirectUri { get; init; } = "";

    /// <summary>
    /// The scopes that the client has at Datadog: the least that is needed (security 16). None: those of the tile,
    /// <see cref="ClientProfile.TileScopes"/>.
    /// </summary>
    public string[] Scopes { get; init; } = [];
}

/// <summary>A client profile as it is configured at this moment.</summary>
internal sealed record ClientProfile(
    string Profile,
    string ClientId,
    string Name,
    string Site,
    bool EchoesState,
    string RedirectUri,
    IReadOnlyList<string> Scopes,
    IReadOnlyList<Secret> Secrets
)
{
    /// <summary>assets/oauth_clients.json has the same.</summary>
    public static readonly IReadOnlyList<string> TileScopes =
    [
        "api_keys_write",
        "dashboards_read",
        "incident_read",
        "incident_write",
        "logs_read_data",
        "logs_read_index_data",
        "metrics_read",
        "monitors_read",
        "timeseries_query",
    ];

    public static ClientProfile Of(string profile, ClientOptions client, AuthOptions auth) =>
        new(
            profile,
            client.ClientId,
            client.Name.Length > 0 ? client.Name : profile,
            client.Site,
            client.EchoesState,
            client.RedirectUri.Length > 0 ? client.RedirectUri : auth.RedirectUri,
            client.Scopes.Length > 0 ? [.. client.Scopes.Distinct().Order(StringComparer.Ordinal)] : TileScopes,
            [.. client.Secrets.Where(secret => secret.Length > 0).Select(secret => new Secret(secret))]
        );
}

/// <summary>
/// Reads anew at each use, so that a swapped secret counts without a restart (security 37). A change that makes no
/// sense is not taken: the last one that did goes on to count.
/// </summary>
internal sealed partial class ClientProfiles(
    IOptionsMonitor<ClientsOptions> options,
    IOptions<AuthOptions> auth,
    ILogger<ClientProfiles> logger
)
{
    public const string Default = "default";

    private ClientsOptions? _last;

    public IEnumerable<ClientProfile> All => Current().Select(c => ClientProfile.Of(c.Key, c.Value, auth.Value));

    public ClientProfile? Find(string? profile)
    {
        var clients = Current();
        profile ??= DefaultOf(clients);
        return clients.TryGetValue(profile, out var client) ? ClientProfile.Of(profile, client, auth.Value) : null;
    }

    public ClientProfile Get(string profile) =>
        Find(profile) ?? throw new InvalidOperationException($"There is no client profile '{profile}' any more.");

    private string DefaultOf(ClientsOptions clients) =>
        auth.Value.DefaultClient switch
        {
            { Length: > 0 } named => named,
            _ => clients.Count == 1 ? clients.Keys.Single() : Default,
        };

    private ClientsOptions Current()
    {
        try
        {
            return _last = options.CurrentValue;
        }
        catch (OptionsValidationException exception) when (_last is not null)
        {
            Log.NotTaken(logger, exception.Message);
            return _last;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A change of the OAuth clients is not taken: {Rule}")]
        public static partial void NotTaken(ILogger logger, string rule);
    }
}
