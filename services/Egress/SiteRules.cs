namespace Partner.Egress;

/// <summary>
/// The rules of a sites file. A new site is a row of data (fault F33); a slip that would send a token elsewhere is not:
/// every parameter is one of Datadog's domains or one label under it, and every host lies under its own row's parameter
/// or has the site's browser-intake name (datadog-facts 1.3).
/// </summary>
internal static class SiteRules
{
    private const string GovernmentDomain = "ddog-gov.com";
    private static readonly string[] Domains = ["datadoghq.com", "datadoghq.eu", GovernmentDomain];

    public static IEnumerable<string> Broken(SitesFile file, IEnumerable<string> additionalDomains)
    {
        string[] domains = [.. Domains, .. additionalDomains];
        var parameters = file.Sites.Select(row => row.Parameter).ToList();
        return
        [
            .. file.Sites.Count == 0 ? ["there is no site"] : Array.Empty<string>(),
            .. Twice(file.Sites.Select(row => row.Name)).Select(name => $"site {name} stands twice"),
            .. Twice(parameters).Select(parameter => $"parameter {parameter} stands twice"),
            .. Twice(file.Sites.SelectMany(row => row.Hosts.Values.Distinct()))
                .Select(host => $"{host} is of two sites"),
            .. from row in file.Sites from problem in Broken(row, domains, parameters) select $"{row.Name}: {problem}",
        ];
    }

    private static IEnumerable<string> Broken(SitesFile.Row row, string[] domains, List<string> parameters)
    {
        if (!domains.Any(domain => row.Parameter == domain || HostName.IsOneLabelUnder(row.Parameter, domain)))
        {
            var known = string.Join(", ", domains);
            yield return $"parameter {row.Parameter} is not one of Datadog's domains ({known}) or one label under it";
        }

        if (row.Government != (row.Parameter == GovernmentDomain || HostName.IsUnder(row.Parameter, GovernmentDomain)))
        {
            yield return $"government is {row.Government}, which its parameter is not";
        }

        if (row.AppHost != row.Parameter && !HostName.IsOneLabelUnder(row.AppHost, row.Parameter))
        {
            yield return $"app host {row.AppHost} is neither the parameter nor one label under it";
        }

        if (!row.Hosts.Keys.Contains("api"))
        {
            yield return "it has no api host";
        }

        foreach (var (product, host) in row.Hosts)
        {
            // The platform's hosts are built from the row, never read.
            if (
                !Enum.GetNames<Product>().Contains(product, StringComparer.OrdinalIgnoreCase)
                || product.Equals(nameof(Product.PartnerOtlp), StringComparison.OrdinalIgnoreCase)
            )
            {
                yield return $"{product} is not a product";
            }

            if (!HostName.IsValid(host) || !Owns(row.Parameter, host, parameters))
            {
                yield return $"{product} host {host} is not of this site";
            }
        }
    }

    // api.us3.datadoghq.com ends in datadoghq.com too: the longest parameter that fits is the owner.
    private static bool Owns(string parameter, string host, List<string> parameters) =>
        host == BrowserIntake(parameter)
        || host == $"trace.{BrowserIntake(parameter)}"
        || (
            HostName.IsUnder(host, parameter)
            && !parameters.Any(other =>
                other.Length > parameter.Length && (host == other || HostName.IsUnder(host, other))
            )
        );

    private static string BrowserIntake(string parameter)
    {
        var lastDot = parameter.LastIndexOf('.');
        return $"browser-intake-{parameter[..lastDot].Replace('.', '-')}{parameter[lastDot..]}";
    }

    private static IEnumerable<string> Twice(IEnumerable<string> texts) =>
        texts
            .GroupBy(text => text, StringComparer.OrdinalIgnoreCase)
            .Where(group => group.Count() > 1)
            .Select(group => group.Key);
}
