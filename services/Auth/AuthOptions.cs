using System.ComponentModel.DataAnnotations;

namespace Partner.Auth;

internal sealed class AuthOptions : IValidatableObject
{
    /// <summary>Where browsers reach this system; HTTPS, but for a local run. The redirect URI is made of it.</summary>
    [Required]
    public string PublicUrl { get; init; } = "";

    /// <summary>The partner's sign-in page, where a browser goes that came from the tile.</summary>
    [Required]
    public string PartnerSignInUrl { get; init; } = "";

    /// <summary>Registered at Datadog and sent byte for byte (security 10).</summary>
    public string RedirectUri => $"{PublicUrl.TrimEnd('/')}/oauth/callback";

    /// <summary>The sign-in page is told one constant way back (security 14, 15).</summary>
    public string SignInRedirect =>
        $"{PartnerSignInUrl}{(PartnerSignInUrl.Contains('?') ? '&' : '?')}return_to=%2Fconnect";

    public string ConnectUrl(string session) => $"{PublicUrl.TrimEnd('/')}/connect?session={session}";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string, string)[] urls = [(nameof(PublicUrl), PublicUrl), (nameof(PartnerSignInUrl), PartnerSignInUrl)];
        foreach (var (name, url) in urls)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)
                || uri.UserInfo.Length > 0
                || uri.Fragment.Length > 0
                || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)))
            {
                yield return new ValidationResult($"{name} must be an https URL (http only on loopback).", [name]);
            }
        }
    }
}
