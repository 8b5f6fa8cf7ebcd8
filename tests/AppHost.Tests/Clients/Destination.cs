using System.Globalization;
using Aspire.Hosting.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>Where a client sends: to the gateway, or past it straight to Datadog.</summary>
/// <param name="Org">Where its data is to arrive.</param>
/// <param name="Site">What the client is told as its site.</param>
/// <param name="Port">Where the hosts of the site are to be found instead of at 443.</param>
/// <param name="AuthorityFile">Whom it is to trust, in PEM.</param>
internal sealed record Destination(string Org, string Key, string Site, int Port, string AuthorityFile)
{
    /// <summary>Hosts that a client has built in, beside those of its site.</summary>
    public string BuiltIn { get; init; } = "";

    public static async Task<Destination> GatewayAsync(WholeSystem system, string name)
    {
        var tenant = await system.ConnectAsync(name);
        return new(
            tenant.Org.Id,
            tenant.Key.Key,
            PartnerSite.Domain,
            system.App.GetEndpoint("gateway", "site").Port,
            system.Site.CertificateFile
        );
    }

    /// <summary>An org that knows nothing of the partner, and a key that its people made.</summary>
    public static async Task<Destination> DatadogAsync(WholeSystem system, string name)
    {
        var org = await system.Sandbox.CreateOrgAsync("us1", $"Straight {name}");
        return new(
            org.Id,
            await system.Sandbox.CreateKeyAsync(org.Id),
            "datadoghq.com",
            system.App.GetEndpoint("sandbox", "tls").Port,
            await system.Sandbox.WriteAuthorityAsync(system.Site.Folder)
        );
    }

    public Dictionary<string, string> Environment(string mark) =>
        new()
        {
            ["DD_SITE"] = Site,
            ["KEY"] = Key,
            ["MARK"] = mark,
            // Of workers too.
            ["NODE_OPTIONS"] = "--require ./names.cjs",
            ["NAMES"] = string.Join(
                ' ',
                new[] { Site, BuiltIn }
                    .Where(name => name.Length > 0)
                    .Distinct()
                    .Select(name => string.Create(CultureInfo.InvariantCulture, $"{name}={Port}"))
            ),
            ["NODE_EXTRA_CA_CERTS"] = AuthorityFile,
        };
}
