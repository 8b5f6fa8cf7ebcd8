using System.Collections.Frozen;

namespace Partner.Egress;

/// <summary>One row of the registry: everything that is known of a Datadog site.</summary>
public sealed class DatadogSite
{
    internal DatadogSite(
        string name,
        string parameter,
        string appHost,
        bool government,
        IEnumerable<KeyValuePair<Product, string>> hosts
    )
    {
        Name = name;
        Parameter = new SiteParameter(parameter);
        AppHost = appHost;
        Government = government;
        Hosts = hosts.ToFrozenDictionary();
    }

    /// <summary>Datadog's short name, for instance <c>US3</c>.</summary>
    public string Name { get; }

    public SiteParameter Parameter { get; }

    /// <summary>Where people sign in and consent.</summary>
    public string AppHost { get; }

    /// <summary>Host per product, only those that the site has.</summary>
    public IReadOnlyDictionary<Product, string> Hosts { get; }

    public bool Government { get; }

    /// <summary>The host of <paramref name="product"/>; null where the site does not have it.</summary>
    public string? HostFor(Product product) => Hosts.GetValueOrDefault(product);

    public override string ToString() => Name;
}
