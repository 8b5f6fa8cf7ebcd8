using System.Collections.Concurrent;

namespace Partner.Sandbox.OAuth;

/// <summary>Every org, and every key by its value. One org per site exists from the start.</summary>
public sealed class Orgs
{
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<Org> _orgs;
    private readonly ConcurrentDictionary<string, ApiKey> _keys = new(StringComparer.Ordinal);

    internal Orgs(TimeProvider clock)
    {
        _clock = clock;
        _orgs = new(SiteTable.All.Select(site => new Org(site, $"Demo {site.Name}", null, true, null)));
    }

    public IReadOnlyList<Org> All => [.. _orgs];

    public Org Add(
        Site site,
        string name,
        string? subDomain = null,
        bool canCreateKeys = true,
        IReadOnlyList<string>? allowedScopes = null
    )
    {
        var org = new Org(site, name, subDomain, canCreateKeys, allowedScopes);
        _orgs.Enqueue(org);
        return org;
    }

    public Org? Find(string? idOidOrName) =>
        idOidOrName is null ? null : _orgs.FirstOrDefault(org => org.IsCalled(idOidOrName));

    public IEnumerable<Org> At(Site site) => _orgs.Where(org => org.Site == site);

    /// <summary>The key's state on this site: another site has never heard of it (datadog-facts 1.1).</summary>
    public ApiKey? FindKey(Site site, string? value) =>
        value is not null && _keys.TryGetValue(value, out var key) && key.Live && key.Org.Site == site ? key : null;

    public bool IsActive(ApiKey key) => key.Live && _clock.GetUtcNow() >= key.ActiveAt;

    internal Org? OwnerOf(string? value) => value is not null && _keys.TryGetValue(value, out var key) ? key.Org : null;

    internal ApiKey? MintKey(Org org, Client client, TimeSpan settling)
    {
        var now = _clock.GetUtcNow();
        return org.MintKey(client, now, now + settling) is { } key ? Known(key) : null;
    }

    /// <summary>A key that the org's own people make, which is active at once.</summary>
    internal ApiKey AddKey(Org org)
    {
        var now = _clock.GetUtcNow();
        return Known(org.AddKey(new ApiKey(org, null, "API key", now, now)));
    }

    private ApiKey Known(ApiKey key) => _keys[key.Value] = key;
}
