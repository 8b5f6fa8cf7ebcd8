using System.Text.Json;
using System.Text.Json.Serialization;

namespace Partner.Egress;

/// <summary>Sites.json as it is written: the built-in one, or the operator's in its place.</summary>
internal sealed record SitesFile(IReadOnlyList<SitesFile.Row> Sites)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <param name="Note">For readers of the file.</param>
    internal sealed record Row(
        string Name,
        string Parameter,
        string AppHost,
        IReadOnlyDictionary<string, string> Hosts,
        bool Government = false,
        string? Note = null
    );

    /// <exception cref="JsonException">The file is not of this form.</exception>
    /// <exception cref="IOException">There is no such file.</exception>
    public static SitesFile Read(string? path)
    {
        using var stream = path is null
            ? typeof(SitesFile).Assembly.GetManifestResourceStream("Partner.Egress.Sites.json")!
            : File.OpenRead(path);
        return JsonSerializer.Deserialize<SitesFile>(stream, Json) ?? throw new JsonException("The file is null.");
    }

    /// <summary>The rows of a file that <see cref="SiteRules"/> has nothing against.</summary>
    /// <param name="otlpPlatform">A host for it is added where the site has OTLP (datadog-facts 1.2).</param>
    public IEnumerable<DatadogSite> ToSites(string? otlpPlatform = null) =>
        Sites.Select(row => new DatadogSite(
            row.Name,
            row.Parameter,
            row.AppHost,
            row.Government,
            [
                .. row.Hosts.Select(host =>
                    KeyValuePair.Create(Enum.Parse<Product>(host.Key, ignoreCase: true), host.Value)
                ),
                .. from host in row.Hosts
                where
                    otlpPlatform is not null
                    && host.Key.Equals(nameof(Product.Otlp), StringComparison.OrdinalIgnoreCase)
                select KeyValuePair.Create(Product.PartnerOtlp, $"{otlpPlatform}.integrations.{host.Value}"),
            ]
        ));
}
