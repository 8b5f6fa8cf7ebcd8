using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Options;
using Partner.Gateway.Site;

namespace Partner.Gateway.Ingest;

/// <summary>
/// The senders by service name, and the paths that are theirs. Each sender's folder has a <c>Routes.json</c>, which is
/// built into the gateway; the configuration may say otherwise.
/// </summary>
internal sealed class SendersOptions : Dictionary<string, SenderOptions>
{
    public const string SectionName = "Senders";

    /// <summary>Below every other source, so that all of them can overrule it.</summary>
    public static void AddRoutesOfSenders(ConfigurationManager configuration, string? folder = null)
    {
        folder ??= Path.Combine(AppContext.BaseDirectory, SectionName);
        string[] files =
        [
            .. Directory
                .EnumerateFiles(folder, "Routes.json", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal),
        ];
        RefuseSharedNames(folder, files);
        foreach (var file in files)
        {
            var source = new JsonConfigurationSource { Path = file };
            source.ResolveFileProvider();
            ((IConfigurationBuilder)configuration).Sources.Insert(0, source);
        }
    }

    // The configuration would merge them, route by route, and the last file would win without a word.
    private static void RefuseSharedNames(string folder, IEnumerable<string> files)
    {
        var shared =
            from file in files
            from sender in NamesIn(file)
            group Path.GetRelativePath(folder, file) by sender.ToUpperInvariant() into claims
            where claims.Count() > 1
            select $"The sender '{claims.Key.ToLowerInvariant()}' stands in {string.Join(" and in ", claims)}; "
                + "a name belongs to one sender.";
        var refusals = shared.ToList();
        if (refusals.Count > 0)
        {
            throw new OptionsValidationException(SectionName, typeof(SendersOptions), refusals);
        }
    }

    private static IEnumerable<string> NamesIn(string file) =>
        new ConfigurationBuilder()
            .AddJsonFile(file)
            .Build()
            .GetSection(SectionName)
            .GetChildren()
            .Select(sender => sender.Key);

    public bool IsValid() =>
        Count > 0
        && Values.All(sender =>
            sender.Routes.Length > 0
            && sender.Routes.All(route =>
                Validator.TryValidateObject(route, new ValidationContext(route), null, validateAllProperties: true)
            )
        );

    /// <summary>Each method and path that more than one route claims: a request to it would be ambiguous, a 500.</summary>
    public IEnumerable<string> FindConflicts() =>
        from sender in this
        from route in sender.Value.Routes
        from claim in route.Methods.Select(method => (Method: method, route.Path)).Concat(GrpcClaim(route))
        group (
            Sender: sender.Key,
            claim.Path
        ) by $"{claim.Method} {NamelessPath(claim.Path)}".ToUpperInvariant() into claims
        where claims.Count() > 1
        select $"{claims.Key.Split(' ')[0]} {claims.First().Path} is a route of "
            + $"{string.Join(" and of ", claims.Select(c => $"'{c.Sender}'"))}; a method and path belong to one sender, once.";

    private static IEnumerable<(string Method, string Path)> GrpcClaim(IngestRoute route) =>
        route.GrpcPath is { } path ? [(HttpMethods.Post, path)] : [];

    // Two paths that differ in the names of their parameters match the same requests.
    private static string NamelessPath(string path) => Regex.Replace(path, @"\{[^:}]*", "{");
}

internal sealed class SendersValidation : IValidateOptions<SendersOptions>
{
    public ValidateOptionsResult Validate(string? name, SendersOptions options)
    {
        if (!options.IsValid())
        {
            return ValidateOptionsResult.Fail("Senders: each has a name and Routes with Path, Methods and MaxBytes.");
        }

        var conflicts = options.FindConflicts().ToList();
        return conflicts.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(conflicts);
    }
}

internal sealed class SenderOptions
{
    public IngestRoute[] Routes { get; init; } = [];
}

/// <summary>One path of Datadog's intake; metadata of its endpoint.</summary>
internal sealed class IngestRoute
{
    public static readonly IngestRoute Default = new();

    [Required, RegularExpression("/.*")]
    public string Path { get; init; } = "";

    /// <summary>The method of gRPC that takes the same, as its clients name it: <c>package.Service/Method</c>.</summary>
    [RegularExpression(@"[\w.]+/\w+")]
    public string? GrpcMethod { get; init; }

    public string? GrpcPath => GrpcMethod is null ? null : $"/{GrpcMethod}";

    [MinLength(1)]
    public string[] Methods { get; init; } = [];

    /// <summary>
    /// Reads what the customer has, with the connection's grant: site-router's to answer, and served with
    /// <see cref="IngestOptions.IncidentReads"/> alone.
    /// </summary>
    public bool Reads { get; init; }

    /// <summary>
    /// Size on the wire. A body that is larger compressed is larger uncompressed too, so Datadog's uncompressed limit
    /// is the bound where it names no other.
    /// </summary>
    [Range(1, 64L * 1024 * 1024)]
    public long MaxBytes { get; init; } = 5_000_000;

    /// <summary>Whose host takes it, where the partner has a site of its own.</summary>
    public SiteProduct Product { get; init; } = SiteProduct.Api;

    public DatadogErrorShape Errors { get; init; } = DatadogErrorShape.Texts;

    /// <summary>Logs v2 answers a missing key with 401, all others with 403 (datadog-facts 3.3).</summary>
    [Range(400, 499)]
    public int MissingKeyStatus { get; init; } = 403;

    /// <summary>Takes client tokens, from pages, and nothing but these.</summary>
    public bool ClientTokens { get; init; }
}
