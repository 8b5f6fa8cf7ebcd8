using System.ComponentModel.DataAnnotations;

namespace Partner.Gateway.Ingest;

/// <summary>
/// The senders by service name, and the paths that are theirs. The table is appsettings.json: a new sender is an entry
/// there, and no code.
/// </summary>
internal sealed class SendersOptions : Dictionary<string, SenderOptions>
{
    public const string SectionName = "Senders";

    public bool IsValid() => Count > 0 && Values.All(sender => sender.Routes.Length > 0 && sender.Routes.All(
        route => Validator.TryValidateObject(route, new ValidationContext(route), null, validateAllProperties: true)));
}

internal sealed class SenderOptions
{
    public IngestRoute[] Routes { get; init; } = [];
}

/// <summary>One path of Datadog's intake.</summary>
internal sealed class IngestRoute
{
    [Required, RegularExpression("/.*")]
    public string Path { get; init; } = "";

    [MinLength(1)]
    public string[] Methods { get; init; } = [];

    /// <summary>
    /// Size on the wire. What is larger compressed is larger uncompressed too, so Datadog's uncompressed limit is the
    /// bound where it names no other.
    /// </summary>
    [Range(1, 64L * 1024 * 1024)]
    public long MaxBytes { get; init; } = 5_000_000;

    public ErrorShape Errors { get; init; } = ErrorShape.Texts;

    /// <summary>Logs v2 answers a missing key with 401, all others with 403 (datadog-facts 3.3).</summary>
    [Range(400, 499)]
    public int MissingKeyStatus { get; init; } = 403;
}
