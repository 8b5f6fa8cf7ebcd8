using Microsoft.Extensions.Options;
using Partner.Contracts;

namespace Partner.Auth;

/// <summary>The registered OAuth clients by name, in section <c>Clients</c> (datadog-facts 2.11).</summary>
internal sealed class ClientsOptions : Dictionary<string, ClientOptions>
{
    public const string SectionName = "Clients";

    public bool IsValid => Count > 0 && this.All(client =>
        Guid.TryParse(client.Value.ClientId, out _) && client.Value.Secrets.Any(secret => secret.Length > 0));
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

    /// <summary>Site of the consent page where nobody chose one. A customer can change it there.</summary>
    public string Site { get; init; } = "datadoghq.com";

    /// <summary>Datadog sends <c>state</c> back. False: cookie and PKCE alone hold (security 9).</summary>
    public bool EchoesState { get; init; } = true;
}

/// <summary>A client profile as it is configured at this moment.</summary>
internal sealed record ClientProfile(
    string Profile, string ClientId, string Name, string Site, bool EchoesState, IReadOnlyList<Secret> Secrets);

/// <summary>Reads anew at each use, so that a swapped secret counts without a restart (security 37).</summary>
internal sealed class ClientProfiles(IOptionsMonitor<ClientsOptions> options)
{
    public const string Default = "default";

    public ClientProfile? Find(string? profile)
    {
        profile ??= Default;
        return options.CurrentValue.TryGetValue(profile, out var client)
            ? new ClientProfile(
                profile,
                client.ClientId,
                client.Name.Length > 0 ? client.Name : profile,
                client.Site,
                client.EchoesState,
                [.. client.Secrets.Where(secret => secret.Length > 0).Select(secret => new Secret(secret))])
            : null;
    }

    public ClientProfile Get(string profile) =>
        Find(profile) ?? throw new InvalidOperationException($"There is no client profile '{profile}' any more.");
}
