using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Partner.Gateway.Site;

/// <summary>A Datadog site of the partner's own, as clients that take a site's name make hosts of it.</summary>
internal sealed partial class SiteOptions : IValidatableObject
{
    public const string SectionName = "Site";

    /// <summary>
    /// What clients have as <c>DD_SITE</c>, in lower case: <c>dd.partner.example</c>. Empty: no host name decides anything.
    /// </summary>
    public string Domain { get; init; } = "";

    /// <summary>Where browsers reach this system; where that is a host of the domain, it takes every path.</summary>
    public string PublicUrl { get; init; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Domain.Length > 0 && (Domain.Length > 200 || !TwoLabelsOrMore().IsMatch(Domain)))
        {
            yield return new ValidationResult(
                "Site:Domain is a host name in lower case, without a port: dd.partner.example.",
                [nameof(Domain)]
            );
        }

        if (PublicUrl.Length > 0 && !Uri.IsWellFormedUriString(PublicUrl, UriKind.Absolute))
        {
            yield return new ValidationResult("Site:PublicUrl is a URL.", [nameof(PublicUrl)]);
        }
    }

    // Labels by RFC 1123 2.1.
    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+\z")]
    private static partial Regex TwoLabelsOrMore();
}
